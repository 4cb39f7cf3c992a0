"""A TCP link to PostgreSQL that counts protocol round trips and can be cut at any of them."""

import select
import socket
import struct
import threading
from collections import Counter
from types import TracebackType
from typing import Literal, Self

type Where = Literal["before", "after"]
ENDS_A_TRIP = b"QSH"  # Query and Sync are answered up to ReadyForQuery, Flush by the results so far
ENDS_A_RESULT = b"CIsE"  # CommandComplete, EmptyQuery, PortalSuspended, Error
STATEMENTS = b"QP"


class Link:
    """`with Link(port) as link:` listens at `link.port` for one connection after the other, each in a thread.

    `cut(n)` breaks the n-th round trip from now (the first is 1), before the server has heard of it or after it has
    answered. Connecting is no trip.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self.trips = 0
        self.messages: Counter[bytes] = Counter()
        self.statements: list[bytes] = []
        self.named: list[bytes] = []
        self.connections = 0
        self.refusing = False
        self._cut: tuple[int, Where] | None = None
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_all()
        self._thread.join()

    def cut(self, trip: int, where: Where) -> None:
        self._cut = (self.trips + trip, where)

    def repair(self) -> None:
        self._cut = None

    def count(self) -> int:
        """The round trips since the last count."""
        trips, self.trips = self.trips, 0
        return trips

    def drop_all(self, *, reset: bool = False) -> None:
        """Hang up on everybody; with `reset` as a NAT does that has forgotten the connection."""
        with self._lock:
            for each in self._sockets:
                if reset:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        threads: list[threading.Thread] = []
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                break
            thread = threading.Thread(target=self._serve, args=(client,))
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def _serve(self, client: socket.socket) -> None:
        self.connections += 1
        if self.refusing:
            client.close()
            return
        with client, socket.create_connection(("127.0.0.1", self._server)) as server:
            for each in (client, server):  # or every answer waits 40 ms for an acknowledgement
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets |= {client, server}
            try:
                self._pass_startup(client, server)
                while self._pass_trip(client, server):
                    pass
            except OSError:
                pass
            finally:
                with self._lock:
                    self._sockets -= {client, server}

    def _pass_startup(self, client: socket.socket, server: socket.socket) -> None:
        length = _read(client, 4)
        server.sendall(length + _read(client, int.from_bytes(length) - 4))
        _pass_answer(server, client)

    def _pass_trip(self, client: socket.socket, server: socket.socket) -> bool:
        """One round trip; false when somebody hung up, or the link was cut."""
        trip, kind, results = b"", b"", 0
        while not trip or kind not in ENDS_A_TRIP:
            ready, _, _ = select.select([client, server], [], [])
            if server in ready and not trip:
                said = server.recv(65536)
                client.sendall(said)
                if not said:
                    return False
                continue
            kind, message = _message(client)
            self._note(kind, message)
            trip += message
            results += kind == b"E"
            if kind == b"X":
                server.sendall(trip)
                return False
        if kind == b"H" and not results:  # psycopg sends one behind each Sync, and nothing answers it
            server.sendall(trip)
            return True
        self.trips += 1
        cut = self._cut
        if cut is not None and self.trips >= cut[0]:
            self._cut = None
            if cut[1] == "after":
                server.sendall(trip)
                _pass_answer(server, None, results if kind == b"H" else None)
            return False
        server.sendall(trip)
        _pass_answer(server, client, results if kind == b"H" else None)
        return True

    def _note(self, kind: bytes, message: bytes) -> None:
        self.messages[kind] += 1
        if kind in STATEMENTS:
            self.statements.append(message[5:])
        if kind == b"P" and message[5] != 0:
            self.named.append(message)


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _read(source, 5)
    return head[:1], head + _read(source, int.from_bytes(head[1:]) - 4)


def _pass_answer(server: socket.socket, client: socket.socket | None, results: int | None = None) -> None:
    """Pass on, or swallow, so many results or what the server says up to ReadyForQuery."""
    kind = b""
    while kind != b"Z" and results != 0:
        kind, message = _message(server)
        if client is not None:
            client.sendall(message)
        if results is not None and kind in ENDS_A_RESULT:
            results = 0 if kind == b"E" else results - 1  # after an error nothing comes until the next Sync


def _read(source: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        if not (part := source.recv(length - len(found))):
            raise ConnectionError("hung up")
        found += part
    return found
