"""Which databases the functions trust: those whose certificate an authority of the layer signed, for their own name."""

import re
import socket
import ssl
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools.rds_authorities import TARGET, common_name
from tools.transform import sam_template

SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
"""https://www.postgresql.org/docs/current/protocol-message-formats.html"""
REGION = re.compile(r"Amazon RDS ([a-z]+(?:-[a-z]+)+-\d) Root CA (RSA2048|RSA4096|ECC384) G1")


class Authority:
    """A certificate authority that issues certificates to servers."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key = folder / name, ec.generate_private_key(ec.SECP256R1())
        self._folder.mkdir()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        self.file = self._write("root.pem", own.sign(self._key, hashes.SHA256()))

    def issue(self, address: str) -> ssl.SSLContext:
        """What a server of this address shows."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = self._builder(name, key).add_extension(alternative, True).sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        chain = self._write("server.pem", certificate)
        (self._folder / "key.pem").write_bytes(private)
        context.load_cert_chain(chain, self._folder / "key.pem")
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        return builder.not_valid_after(now + timedelta(hours=1))

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        (self._folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return self._folder / name


@contextmanager
def server(context: ssl.SSLContext) -> Generator[int]:
    """The start of a PostgreSQL server that speaks TLS; yields its port. Whoever trusts it is told to go away."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    assert connection.recv(8) == SSL_REQUEST
                    connection.sendall(b"S")
                    with context.wrap_socket(connection, server_side=True) as secure:
                        secure.recv(1024)
                        error = b"SFATAL\0C57P03\0Mreached the server\0\0"
                        secure.sendall(b"E" + (len(error) + 4).to_bytes(4) + error)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def refusal(port: int) -> str:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(f"postgresql://user_login:x@127.0.0.1:{port}/crash_course", connect_timeout=5)
    return str(caught.value)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """What the template sets for every function, with an authority of the test in the place of the layer's file."""
    known = Authority(tmp_path, "known")
    monkeypatch.setenv("PGSSLMODE", sam_template()["Globals"]["Function"]["Environment"]["Variables"]["PGSSLMODE"])
    monkeypatch.setenv("PGSSLROOTCERT", str(known.file))
    return known


def test_a_database_with_a_certificate_of_a_known_authority_is_reached(authority: Authority) -> None:
    with server(authority.issue("127.0.0.1")) as port:
        assert "reached the server" in refusal(port)


def test_a_database_that_an_unknown_authority_vouches_for_is_refused(authority: Authority, tmp_path: Path) -> None:
    with server(Authority(tmp_path, "unknown").issue("127.0.0.1")) as port:
        assert "certificate verify failed" in refusal(port)


def test_a_database_with_the_certificate_of_another_host_is_refused(authority: Authority) -> None:
    with server(authority.issue("127.0.0.2")) as port:
        assert "does not match host name" in refusal(port)


def test_without_verification_a_stranger_gets_the_login(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.delenv("PGSSLROOTCERT")
    monkeypatch.setenv("HOME", str(tmp_path))
    with server(Authority(tmp_path, "unknown").issue("127.0.0.1")) as port:
        assert "reached the server" in refusal(port)


def test_the_layer_carries_the_authorities_of_every_region_for_years() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(TARGET)
    roots = context.get_ca_certs()
    assert len(roots) == TARGET.read_text().count("BEGIN CERTIFICATE")
    in_ten_years = datetime.now(UTC) + timedelta(days=3650)
    assert [common_name(each) for each in roots if expires(each) < in_ten_years] == []
    regions = list(regions_of(roots))
    assert {"ap-south-1", "ap-south-2", "us-east-1"} <= set(regions)
    assert {regions.count(each) for each in regions} == {3}


def expires(certificate: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def regions_of(roots: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in roots:
        matched = REGION.fullmatch(common_name(each))
        assert matched, common_name(each)
        yield matched[1]
