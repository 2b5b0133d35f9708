"""A load client that keeps its connections: each request removes a different member."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Request = Callable[[str], bytes]


@dataclass(frozen=True)
class Load:
    """What came of a number of requests."""

    per_second: float  # of those that succeeded
    times: list[float]  # seconds, one a request, in ascending order
    statuses: Counter[int]

    @property
    def p95(self) -> float:
        """The time in seconds that 95 of 100 requests keep below."""
        return self.times[int(len(self.times) * 0.95)]


def load(port: int, ids: Sequence[str], request: Request, concurrency: int) -> Load:
    """Send one request for each id over so many connections; return what came of it."""
    times: list[float] = []
    statuses = Counter[int]()
    waiting = iter(ids)

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in waiting:
            started = time.perf_counter()
            writer.write(request(one))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b"transfer-encoding: chunked" in head:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readexactly(2)
            elif b"content-length:" in head:
                length = head.split(b"content-length:")[1].split(b"\r\n")[0]
                await reader.readexactly(int(length))
            times.append(time.perf_counter() - started)
            statuses[int(head.split(b" ", 2)[1])] += 1
            if b"connection: close" in head:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    async def work_together() -> None:
        await asyncio.gather(*(work() for _ in range(concurrency)))

    started = time.perf_counter()
    asyncio.run(work_together())
    done = sum(number for status, number in statuses.items() if status < 300)
    return Load(done / (time.perf_counter() - started), sorted(times), statuses)
