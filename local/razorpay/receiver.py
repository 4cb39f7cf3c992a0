"""The other end of a webhook, for tests: records deliveries and answers as told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self, override


class ReceivedWebhook(NamedTuple):
    """One delivery as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["X-Razorpay-Event-Id"]


class Receiver:
    """`with Receiver(500, 500) as receiver:` answers twice 500, then 200 for good, at `receiver.url`."""

    def __init__(self, *statuses: int, forever: int = 200) -> None:
        self.received: list[ReceivedWebhook] = []
        self.statuses: list[int] = list(statuses)
        self.forever: int = forever
        self.may_answer: threading.Event = threading.Event()
        self.may_answer.set()
        self._lock: threading.Lock = threading.Lock()

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.note(ReceivedWebhook(dict(self.headers), body))
                receiver.may_answer.wait(30)
                self.send_response(status)
                self.end_headers()

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        # A poll of 10 ms, because the default makes every stop last half a second.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def note(self, delivery: ReceivedWebhook) -> int:
        with self._lock:
            self.received.append(delivery)
            return self.statuses.pop(0) if self.statuses else self.forever
