"""The local stack's command line: up, reset, demo."""

import argparse
import asyncio
import errno
import shutil
import sys
from pathlib import Path

from local import up
from local.demo import run as demo
from local.state import StackError, StateFolder, front_port

FULL = "the disk is full; free some space, or run: make reset"
LITTLE = 16 * 1024 * 1024
"""Bytes; no part of the stack gets far with less."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command in {"up": start, "reset": reset, "demo": demonstrate}.items():
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


if __name__ == "__main__":
    sys.exit(main())
