"""A line to PostgreSQL on which any one statement can be made to fail, as lines and servers do."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from django.db import connection, connections
from django.db.utils import ConnectionHandler
from environ import Env

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
QUERY, SYNC, READY = b"Q", b"S", b"Z"
TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE = "57014", "40P01", "40001"  # an SQLSTATE each


@dataclass
class Fault:
    """What happens to the statement of this number, counted from now: it may never come."""

    number: int
    # An SQLSTATE that the statement fails with, instead of being executed.
    sqlstate: str = ""
    # Without one, the line is cut: before the server gets the statement, or before its answer.
    after: bool = False
    # Called at the cut.
    then: Callable[[], object] = lambda: None
    happened: Event = field(default_factory=Event)

    @property
    def is_undone_for_others(self) -> bool:
        """Whether PostgreSQL undoes the transaction for the sake of others: it is tried again."""
        return self.sqlstate in {DEADLOCK, SERIALIZATION_FAILURE}


class FaultyLine:
    """Relays connections to the database of the test, and keeps an appointment with a fault."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._mutex = Lock()
        self._seen = 0
        self._fault: Fault | None = None
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the database by this line."""
        parameters = connection.get_connection_params()
        secret = f":{parameters['password']}" if parameters.get("password") else ""
        port = self._listening.getsockname()[1]
        return (
            f"postgres://{parameters['user']}{secret}@127.0.0.1:{port}/{parameters['dbname']}"
            "?sslmode=disable&gssencmode=disable"
        )

    def expect(self, fault: Fault) -> None:
        """Let the fault happen when its statement comes."""
        with self._mutex:
            self._seen, self._fault = 0, fault

    def connect(self, fault: Fault) -> None:
        """Let this thread's connection go by the line, and the fault happen on it."""
        settings = Env.db_url_config(self.url, engine="django.db.backends.postgresql")
        connections["default"] = ConnectionHandler({"default": settings})["default"]
        connections["default"].ensure_connection()  # what that sends depends on the server
        self.expect(fault)

    def _fault_of_next_statement(self) -> Fault | None:
        with self._mutex:
            self._seen += 1
            if self._fault and self._fault.number == self._seen:
                fault, self._fault = self._fault, None
                return fault
            return None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Thread(target=self._relay, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _relay(self, client: socket.socket) -> None:
        """Pass on what a client says until one side hangs up or a fault cuts the line."""
        with _hung_up(client), _hung_up(_connect()) as server, suppress(OSError, EOFError):
            server.sendall(_read_startup(client))
            answers = _Answers(client, server)
            said = b""
            while True:
                kind, message = _read_message(client)
                said += message
                if kind not in {QUERY, SYNC}:
                    if kind in {b"p", b"X"}:  # a password, a farewell: nothing follows
                        server.sendall(said)
                        said = b""
                    continue
                fault = self._fault_of_next_statement()
                if fault and fault.sqlstate:
                    fault.happened.set()  # first: the answer may be read before this goes on
                    server.sendall(_failing(fault.sqlstate))
                elif fault:
                    if fault.after:
                        answers.withhold()
                        server.sendall(said)
                        answers.withheld.wait(20)
                    fault.then()
                    fault.happened.set()
                    return
                else:
                    server.sendall(said)
                said = b""


class _Answers:
    """Passes on what the server says, unless it is to be withheld."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._client, self._server = client, server
        self._withholding = False
        self.withheld = Event()
        Thread(target=self._relay, daemon=True).start()

    def withhold(self) -> None:
        """Keep the next answer; ``withheld`` is set when it is complete."""
        self._withholding = True

    def _relay(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                kind, message = _read_message(self._server)
                if not self._withholding:
                    self._client.sendall(message)
                elif kind == READY:
                    self.withheld.set()
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)


@contextmanager
def _hung_up(line: socket.socket) -> Iterator[socket.socket]:
    """Hang up at the end, also under a thread that is still listening."""
    with line:
        try:
            yield line
        finally:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _connect() -> socket.socket:
    """Return a connection to the server of the test's database."""
    parameters = connection.get_connection_params()
    host, port = parameters["host"], int(parameters.get("port") or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


def _read(source: socket.socket, size: int) -> bytes:
    """Return exactly so many bytes; raises EOFError when there are no more."""
    data = b""
    while len(data) < size:
        if not (more := source.recv(size - len(data))):
            raise EOFError
        data += more
    return data


def _read_startup(client: socket.socket) -> bytes:
    """Return a client's first message; offers of encryption are declined."""
    while True:
        head = _read(client, 8)
        size, code = struct.unpack("!II", head)
        if code not in {SSL_REQUEST, GSS_REQUEST}:
            return head + _read(client, size - 8)
        client.sendall(b"N")


def _read_message(source: socket.socket) -> tuple[bytes, bytes]:
    """Return the kind of the next message, and all of it."""
    head = _read(source, 5)
    return head[:1], head + _read(source, struct.unpack("!I", head[1:])[0] - 4)


def _failing(sqlstate: str) -> bytes:
    """Return a statement that fails."""
    text = f"DO $$ BEGIN RAISE EXCEPTION 'forced' USING ERRCODE = '{sqlstate}'; END $$".encode()
    return QUERY + struct.pack("!I", len(text) + 5) + text + b"\0"


@contextmanager
def faulty_line() -> Iterator[FaultyLine]:
    """Return a line to the test's database."""
    line = FaultyLine()
    try:
        yield line
    finally:
        line.close()
