"""The local stack's command line: up, reset, demo, example, logs."""

import argparse
import asyncio
import errno
import os
import shutil
import sys
from pathlib import Path

from local import example as student_app
from local import request_logs, up
from local.demo import run as demo
from local.deploy import STACK
from local.emulator import client_of
from local.state import StackError, StateFolder, app_port, front_port

FULL = "the disk is full; free some space, or run: make reset"
LITTLE = 16 * 1024 * 1024
"""Bytes; no part of the stack gets far with less."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command in {"up": start, "reset": reset, "demo": demonstrate, "example": example, "logs": logs}.items():
        commands.add_parser(name, help=command.__doc__).set_defaults(command=command)
    try:
        return parser.parse_args().command()
    except StackError as error:
        return refuse(explained(str(error), free_bytes(StateFolder().root)))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return refuse(FULL)
        raise


def free_bytes(folder: Path) -> int:
    """What is free where a folder is, or would be."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(existing).free


def explained(reason: str, free: int) -> str:
    """With the cause of many a reason: programs whose disk is full rarely say so."""
    return f"{reason}\n{FULL}" if free < LITTLE else reason


def refuse(reason: str) -> int:
    print(f"\n{reason}", file=sys.stderr)
    return 1


def start() -> int:
    """start the whole platform on this machine; Ctrl-C ends it"""
    asyncio.run(up.run(StateFolder(), front_port()))
    return 0


def reset() -> int:
    """forget the local stack's database, users, mails and build"""
    state = StateFolder()
    state.forget()
    print(f"Forgot {state.root}.")
    return 0


def demonstrate() -> int:
    """take a student from sign-up to a paid seat, printing each step"""
    return 0 if demo.run(StateFolder()) else 1


def example() -> int:
    """serve the example of a student app on APP_PORT (3100), for the running stack; Ctrl-C ends it"""
    stack = demo.find(StateFolder())
    if stack is None:
        raise StackError("no stack is running here; start one: make up")
    student_app.serve(stack, app_port())
    return 0


def logs() -> int:
    """print what one request caused in all functions; REQUEST=<id>, as `make up` prints it"""
    request_id = os.environ.get("REQUEST", "")
    if not request_id:
        raise StackError("say which request: make logs REQUEST=<id>, as `make up` prints it")
    stack = demo.find(StateFolder())
    if stack is None:
        raise StackError("no stack is running here; start one: make up")
    lines = [*request_logs.caused_by(client_of(stack.aws_endpoint_url, "logs"), f"/aws/lambda/{STACK}", request_id)]
    if not lines:
        raise StackError(f"no function has written anything for the request {request_id}")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
