"""Checks the whole log of certificates: `python -m shared.certificates.verify --help`.

Needs only a login that may read, and the published keys: whoever checks need not trust the platform.
"""

import argparse
import json
import sys
import urllib.request
from base64 import urlsafe_b64decode
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from shared.actors import SERVICE
from shared.certificates import storage
from shared.certificates.keys import key_id
from shared.certificates.walk import IsSigned, walk
from shared.db import Database
from shared.faults import report


def main(arguments: list[str]) -> int:
    """Print every fault; 1 when there is one."""
    options = _parser().parse_args(arguments)
    keys = _public_keys(options.keys) if options.keys else {}
    bucket = options.tree_heads_bucket
    stored = storage.list_keys(bucket, "tree-heads/") if bucket else []
    heads = {key: (storage.get(bucket, key) or b"").decode() for key in stored} if bucket else None
    files = partial(storage.get, options.documents_bucket) if options.documents_bucket else None
    database = Database(lambda: options.database_url)
    with database.transaction(SERVICE, read_only=True) as conn:
        faults = report(walk(conn, heads=heads, is_signed=_checker(keys) if keys else None, files=files))
    database.close()
    print(f"{faults} faults" if faults else f"the log is intact; {len(stored)} signed heads agree")  # noqa: T201
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.certificates.verify", description=__doc__)
    parser.add_argument("--database-url", required=True, help="login that may act as service_role (worker_login)")
    parser.add_argument("--tree-heads-bucket", help="compare with the signed heads that are stored there")
    parser.add_argument("--documents-bucket", help="compare every PDF too")
    parser.add_argument("--keys", help="file or address of the published keys (.../generate-certificate/keys)")
    return parser


def _public_keys(source: str) -> dict[str, bytes]:
    opened = urllib.request.urlopen(source, timeout=10) if "://" in source else nullcontext(None)  # noqa: S310
    with opened as answer:
        text = answer.read() if answer else Path(source).read_bytes()
    published = [each for each in json.loads(text)["keys"] if each["kty"] == "OKP"]
    raw = [urlsafe_b64decode(each["x"] + "=" * (-len(each["x"]) % 4)) for each in published]
    return {key_id(each): each for each in raw}


def _checker(keys: dict[str, bytes]) -> IsSigned:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - comes with the layer
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    def is_signed(statement: bytes, signature: bytes, by: str) -> bool:
        if by not in keys:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(keys[by]).verify(signature, statement)
        except InvalidSignature:
            return False
        return True

    return is_signed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
