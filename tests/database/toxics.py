"""A TCP link to PostgreSQL that ails in one of eight ways: the toxics of Toxiproxy, from a given byte on."""

import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

type Direction = Literal["up", "down"]
"""`up` goes to the server, `down` are its answers."""
CHUNK = 65536
REFUSE_AND_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class HungUp(Exception):
    """One of the two, or the toxic, ended the connection."""


@dataclass
class Wire:
    """One connection, as a toxic gets hold of it; `target` is who the bytes are for."""

    link: "AilingLink"
    source: socket.socket
    target: socket.socket

    def send(self, data: bytes, size: int = CHUNK, *, seconds: float = 0) -> None:
        """Pass it on in parts of a size, each after a while."""
        for part in parts(data, size):
            self.wait(seconds)
            self.target.sendall(part)

    def wait(self, seconds: float) -> None:
        """Until then, or until the toxic is removed."""
        if seconds:
            self.link.is_healthy.wait(seconds)


@dataclass(frozen=True)
class Toxic:
    """Lets `after` bytes of one direction pass and then does `harm` to what follows."""

    harm: Callable[[Wire, bytes], None]
    direction: Direction
    after: int


class AilingLink:
    """`with AilingLink(port) as link:` listens at `link.port`; healthy until `poison`, and again from `heal` on.

    One thread serves both directions of a connection, so what is delayed delays the other direction too.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._toxic: Toxic | None = None
        self._is_refusing = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.is_healthy = threading.Event()
        self.is_healthy.set()
        self.passed: Counter[Direction] = Counter()
        self.met: set[int] = set()
        """The toxics, by number, that had something to do."""
        self._given = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.heal()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop()
        self._thread.join()

    def poison(self, toxic: Toxic) -> None:
        """From now on; bytes are counted from here."""
        self.passed.clear()
        self._given += 1
        self.is_healthy.clear()
        self._toxic = toxic

    def heal(self) -> None:
        """Take the toxic away: who waits because of it goes on at once.

        The first one that `go_down` hangs up on may be back before the last one is hung up on.
        """
        with self._lock:
            self._toxic, self._is_refusing = None, False
        self.is_healthy.set()

    def go_down(self) -> None:
        """Hang up on everybody, and on whoever connects."""
        self._is_refusing = True
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            for each in self._open:
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        threads: list[threading.Thread] = []
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self._serve, args=(client,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server)) as server:
            with self._lock:
                if self._is_refusing:
                    return
                self._open |= {client, server}
            try:
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    ready, _, _ = select.select([client, server], [], [])
                    if client in ready:
                        self._pass(Wire(self, client, server), "up")
                    if server in ready:
                        self._pass(Wire(self, server, client), "down")
            except (OSError, HungUp):
                pass
            finally:
                with self._lock:
                    self._open -= {client, server}

    def _pass(self, wire: Wire, direction: Direction) -> None:
        data = wire.source.recv(CHUNK)
        if not data:
            raise HungUp
        toxic = self._toxic
        if toxic is None or toxic.direction != direction:
            unharmed = len(data)
        else:
            unharmed = max(0, toxic.after - self.passed[direction])
        self.passed[direction] += len(data)
        wire.send(data[:unharmed])
        if toxic is not None and data[unharmed:]:
            self.met.add(self._given)
            toxic.harm(wire, data[unharmed:])


def parts(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


# Each does its harm to what is on its way, and shows within a tenth of a second.


def latency(wire: Wire, data: bytes) -> None:
    wire.wait(0.005)
    wire.send(data)


def bandwidth(wire: Wire, data: bytes) -> None:
    wire.send(data, 1024, seconds=0.005)


def slicer(wire: Wire, data: bytes) -> None:
    wire.send(data, 7)


def limit(_wire: Wire, _data: bytes) -> None:
    """The limit's bytes were passed on; both hear that it is over."""
    raise HungUp


def reset(wire: Wire, _data: bytes) -> None:
    for each in (wire.source, wire.target):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, REFUSE_AND_RESET)
    raise HungUp


def timeout(wire: Wire, _data: bytes) -> None:
    """Nothing passes any more, and after a while it is over."""
    wire.wait(0.1)
    raise HungUp


def slow_close(wire: Wire, _data: bytes) -> None:
    """Who sent this is hung up on at once; the other one hears of it late."""
    wire.source.shutdown(socket.SHUT_RDWR)
    wire.wait(0.1)
    raise HungUp


def down(wire: Wire, _data: bytes) -> None:
    wire.link.go_down()
    raise HungUp


HARMLESS = (latency, bandwidth, slicer)
"""What makes everything slow and nothing fail."""
TOXICS = (*HARMLESS, down, slow_close, timeout, reset, limit)
