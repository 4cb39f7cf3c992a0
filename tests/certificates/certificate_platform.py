"""The deployed platform with what certificates need of AWS, and completed courses to certify."""

import hashlib
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from moto.core.botocore_stubber import BotocoreStubber
from moto.kms.models import KmsBackend

from functions.generate_certificate import badges, job
from shared import db, tokens
from shared.actors import SERVICE
from shared.certificates import files, queries, service, storage
from shared.certificates.models import Certificate
from tests.deployed import Answer, Context, DeployedFunctions

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
HEADS = "tree-heads-of-the-tests"


@dataclass(frozen=True)
class Platform:
    """Students, completed courses and their certificates."""

    deployed: DeployedFunctions

    def completed_event(self, **columns: Any) -> UUID:
        start = NOW - timedelta(days=2)
        defaults = {
            "status": "completed",
            "starts_at": start,
            "ends_at": start + timedelta(hours=2),
            "capacity": 100_000,
        }
        return self.deployed.event(**(defaults | columns))

    def graduate(self, name: str = "Asha Rao", event_id: UUID | None = None, **columns: Any) -> tuple[UUID, UUID]:
        """A student and a registration that is due a certificate."""
        student = self.deployed.profile(full_name=name)
        return student, self.deployed.confirmed(student, event_id or self.completed_event(), **columns)

    def attend(self, registration_id: UUID, *stays: tuple[int, int | None]) -> None:
        """Stays in the course's session, in minutes from its start."""
        for begin, end in stays:
            self.deployed.rows(
                """
                insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time,
                    check_out_time, closed_by)
                select r.id, r.user_id, r.event_id, s.id, s.starts_at + make_interval(mins => %s),
                    s.starts_at + make_interval(mins => %s::int), case when %s::int is not null then 'student' end
                from registrations r join event_sessions s on s.event_id = r.event_id where r.id = %s
                """,
                begin,
                end,
                end,
                registration_id,
            )

    def generate(self, student: UUID, registration_id: UUID) -> Answer:
        body = {"registrationId": str(registration_id)}
        return self.deployed.request("generate_certificate", "POST", "generate-certificate", user=student, body=body)

    def certificate(self, name: str = "Asha Rao", event_id: UUID | None = None) -> dict[str, Any]:
        """A certificate that was issued over HTTP, as its owner sees it."""
        answer = self.generate(*self.graduate(name, event_id))
        assert answer.status == 201, answer.raw
        return answer.body["certificate"]

    def get(self, path: str = "", *, accept: str = "application/json", **query: str) -> Answer:
        return self.deployed.request(
            "generate_certificate", "GET", f"generate-certificate{path}", query=query, headers={"accept": accept}
        )

    def upload(self, body: bytes, content_type: str = "application/pdf", accept: str = "application/json") -> Answer:
        headers = {"content-type": content_type, "accept": accept}
        return self.deployed.request(
            "generate_certificate", "POST", "generate-certificate/verify", body=body, as_base64=True, headers=headers
        )

    def admin(self, method: str, path: str = "", *, by: UUID | None = None, **more: Any) -> Answer:
        by = by or self.deployed.profile(admin=True, full_name="Root")
        return self.deployed.request(
            "admin_certificates", method, f"admin/certificates{path}", user=by, groups=["admin"], **more
        )

    def run_job(self, context: Any = None) -> dict[str, Any]:
        self.deployed.set(DATABASE_SECRET_ID="database-worker")
        return job.lambda_handler({"source": "schedule", "job": "generate-certificates"}, context or Context(900_000))  # pyright: ignore[reportArgumentType]

    def graduates(self, count: int, name: str = "Asha Rao") -> list[UUID]:
        """The registrations of so many students of one course that are due a certificate."""
        return [
            row["id"]
            for row in self.deployed.rows(
                """
                with people as (
                    insert into profiles (id, email, full_name)
                    select gen_random_uuid(), gen_random_uuid() || '@example.com', %s from generate_series(1, %s)
                    returning id
                )
                insert into registrations (user_id, event_id, status, payment_status, amount, currency, confirmed_at)
                select id, %s, 'confirmed', 'completed', 49900, 'INR', now() from people returning id
                """,
                name,
                count,
                self.completed_event(),
            )
        ]

    def issue_many(self, count: int, name: str = "Asha Rao", *, printed: bool = False) -> list[Certificate]:
        """Certificates whose files are only pretended, for what is not about files, unless `printed`."""
        ids = self.graduates(count, name)
        issued: list[Certificate] = []
        for start in range(0, count, 500):
            with db.transaction(SERVICE) as conn:
                drafts = service.reserve(conn, queries.find_facts(conn, ids[start : start + 500]), NOW)
                pretended = [(draft, hashlib.sha256(draft.pdf_key.encode()).digest()) for draft in drafts]
                issued += service.append(conn, list(map(files.store, drafts)) if printed else pretended)
        return issued

    def stored_pdf(self, certificate_id: str | UUID) -> bytes:
        row = self.deployed.row("select pdf_key from certificates where id = %s", certificate_id)
        pdf = storage.get("documents", row["pdf_key"])
        assert pdf is not None
        return pdf


@contextmanager
def certifying(deployed: DeployedFunctions, monkeypatch: pytest.MonkeyPatch) -> Generator[Platform]:
    """Create the buckets, the secret and the key, and name them in the environment."""
    # moto signs the hash of a digest; AWS signs the digest.
    monkeypatch.setattr(KmsBackend, "sign", _sign_digest)
    _take_turns(monkeypatch)
    s3: Any = boto3.client("s3")
    where = {"LocationConstraint": "ap-south-1"}
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration=where)
    s3.create_bucket(Bucket=HEADS, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
    store: Any = boto3.client("secretsmanager")
    store.create_secret(Name="certificate", SecretString=json.dumps({"seed": "seed-of-the-tests", "previousSeed": ""}))
    kms: Any = boto3.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    deployed.set(CERTIFICATE_SECRET_ID="certificate", BADGE_KEY_ID=key, TREE_HEADS_BUCKET=HEADS)
    deployed.set(CERTIFICATE_ISSUER="Crash Course Academy")
    _forget()
    try:
        yield Platform(deployed)
    finally:
        _forget()


def _forget() -> None:
    storage._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
    badges._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
    badges._signature.cache_clear()  # pyright: ignore[reportPrivateUsage]
    badges.public_key.cache_clear()
    tokens._keys.cache_clear()  # pyright: ignore[reportPrivateUsage]


def _take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto's S3 fails when one key is put twice at once; AWS does not."""
    turn = threading.Lock()
    process = BotocoreStubber.process_request

    def one_at_a_time(self: BotocoreStubber, request: Any) -> Any:
        with turn:
            return process(self, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", one_at_a_time)


def _sign_digest(self: Any, key_id: str, message: bytes, signing_algorithm: str, **_: Any) -> tuple[str, bytes, str]:
    key = self.describe_key(key_id)
    private: Any = key.private_key.private_key
    return key.arn, private.sign(message, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())), signing_algorithm
