"""The fake Razorpay as one program of the stack."""

import os
import sys
import urllib.error
import urllib.request

from local.process import Program
from local.state import PROJECT, Settings, StateFolder


class FakeRazorpay(Program):
    """Listens on a loopback port of its own and sends its webhooks to the front; retries come four times sooner."""

    def __init__(self, state: StateFolder, settings: Settings, base_url: str) -> None:
        self.url = f"http://127.0.0.1:{settings.ports.razorpay}"
        options = {
            "--port": str(settings.ports.razorpay),
            "--state": str(state.path("razorpay.json")),
            "--key-id": settings.razorpay_key_id,
            "--key-secret": settings.razorpay_key_secret,
            "--webhook-secret": settings.webhook_secret,
            "--time-scale": "0.25",
            "--webhook-url": f"{base_url}/functions/v1/razorpay-webhook",
        }
        super().__init__(
            "the fake Razorpay",
            [sys.executable, "-m", "local.razorpay", *(word for pair in options.items() for word in pair)],
            {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
            state.path("logs", "razorpay.log"),
            self._answers,
        )

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=1).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True
