"""A load client that keeps its connections open, and makes each request from an id of its own."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Request = Callable[[str], bytes]


def message(method: str, path: str, *, body: object = None, **headers: str) -> bytes:
    """Return the bytes of a request, with JSON as its body where there is one."""
    fields = {"Host": "127.0.0.1", **headers}
    text = ""
    if body is not None:
        text = json.dumps(body)
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(text))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", text]).encode()


@dataclass(frozen=True)
class Load:
    """The outcome of a number of requests."""

    per_second: float  # successful ones
    times: list[float]  # seconds of each request, in ascending order
    statuses: Counter[int]

    @property
    def p95(self) -> float:
        """The 95th percentile of the times, in seconds."""
        return self.times[int(len(self.times) * 0.95)]


def load(port: int, ids: Sequence[str], request: Request, concurrency: int) -> Load:
    """Send one request for each id over so many connections; return the outcome."""
    times: list[float] = []
    statuses = Counter[int]()
    queue = iter(ids)

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in queue:
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
