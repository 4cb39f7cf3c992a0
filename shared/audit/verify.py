"""Checks the whole audit log: `python -m shared.audit.verify --help`.

Note the last line it prints somewhere the database's administrators cannot write; given back as `--noted`, it shows
when the end of the log was cut off or everything was written anew.
"""

import argparse
import sys

from shared.actors import SERVICE
from shared.audit.walk import AuditCheckpoint, head, walk
from shared.db import Database
from shared.faults import report


def main(arguments: list[str]) -> int:
    """Print every fault, the first one first; 1 when there is one."""
    options = _parser().parse_args(arguments)
    database = Database(lambda: options.database_url)
    with database.transaction(SERVICE, read_only=True) as conn:
        faults = report(walk(conn, options.noted))
        last = head(conn)
    database.close()
    print(f"{faults} faults" if faults else f"the log is intact; noted: {last or 'nothing yet'}")  # noqa: T201
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.audit.verify", description=__doc__)
    parser.add_argument("--database-url", required=True, help="login that may act as service_role (worker_login)")
    parser.add_argument("--noted", type=_last_checkpoint, help="what an earlier run printed: <position>:<hash>")
    return parser


def _last_checkpoint(text: str) -> AuditCheckpoint:
    position, _, digest = text.partition(":")
    return AuditCheckpoint(int(position), bytes.fromhex(digest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
