"""`python -m local.razorpay`: the fake as a process of the local stack."""

import argparse
import asyncio
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path

from local.razorpay.server import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, FakeRazorpay


def main() -> int:
    given = _arguments().parse_args()
    try:
        asyncio.run(_serve(FakeRazorpay(**vars(given))))
    except sqlite3.Error as problem:
        print(f"cannot use {given.state}: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"cannot listen: {problem}", file=sys.stderr)
        return 1
    return 0


async def _serve(fake: FakeRazorpay) -> None:
    serving = asyncio.create_task(fake.serve(lambda: print(f"ready: {fake.url}", flush=True)))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.razorpay", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="SQLite file; without it everything ends with the process")
    parser.add_argument("--key-id", default=KEY_ID)
    parser.add_argument("--key-secret", default=KEY_SECRET)
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET)
    parser.add_argument("--webhook-url")
    parser.add_argument("--time-scale", type=float, default=1.0, help="factor of retry times, such as 0.0167")
    parser.add_argument("--hold", action="store_true", help="deliveries wait until released or pumped")
    parser.add_argument("--list-lag", type=float, default=0.0, help="seconds until lists show a new entity")
    return parser


if __name__ == "__main__":
    sys.exit(main())
