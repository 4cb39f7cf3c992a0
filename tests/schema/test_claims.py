"""Whatever claims say, nobody sees a row of anybody but the person whose uuid is their subject.

That person's own rows include the certificates of accounts that were merged into theirs: ann and ben are root's.
"""

import json
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import Database
from tests.schema.world import NAMES, person

OWNED = """
    select user_id from registrations union all select user_id from payment_transactions
    union all select user_id from certificates union all select user_id from in_app_notifications
    union all select user_id from session_attendance union all select referrer_id from referrals
    union all select id from profiles
"""
KNOWN = tuple(str(person(name)) for name in NAMES)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40)


def disguised(known: str) -> st.SearchStrategy[object]:
    """A person's uuid, and what a careless reader takes for it."""
    spellings = (known, known.upper(), f"{{{known}}}", f" {known}", f"{known}\n", known[:-1], f"urn:uuid:{known}")
    injected = (
        known.replace("-", ""),
        f"{known}' or true --",
        f"%{known}",
        f"{known[:-1]}\uff10",
        f"{known},{KNOWN[0]}",
    )
    return st.sampled_from((*spellings, *injected, [known], {"sub": known}))


SUBJECTS = SCALARS | st.sampled_from(KNOWN).flatmap(disguised) | st.uuids().map(str)
OTHER_CLAIMS = {"role": st.sampled_from(("app_admin", "service_role")), "user_id": st.sampled_from(KNOWN)}
CLAIMS = (
    st.fixed_dictionaries({"sub": SUBJECTS}, optional=OTHER_CLAIMS)
    | st.dictionaries(st.text(max_size=8), SUBJECTS, max_size=4)
    | st.lists(SUBJECTS, max_size=3)
    | SCALARS
)
REFUSALS = {"22023", "22P02", "22P05", "54001", "42501"}


@pytest.fixture
def app(populated: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(populated.login_url("user"), autocommit=True, prepare_threshold=None) as conn:
        yield conn


def seen_by(app: psycopg.Connection, claims: str) -> set[UUID] | str:
    """The people whose rows a user's request sees, or the SQLSTATE that refused it."""
    try:
        with app.transaction(force_rollback=True):
            app.execute("select public.begin_request('authenticated', %s::text::jsonb)", [claims])
            return {owner for (owner,) in app.execute(OWNED)}
    except psycopg.Error as error:
        return error.sqlstate or "connection lost"


def subject_of(claims: str) -> UUID | None:
    """The person that claims name, in small or capital letters."""
    parsed: dict[str, object] = json.loads(claims)
    subject = parsed.get("sub")
    return UUID(subject) if isinstance(subject, str) and subject.lower() in KNOWN else None


@given(claims=CLAIMS.map(json.dumps))
@example(claims=json.dumps({"sub": KNOWN[0], "user_id": KNOWN[1]}))
@example(claims=json.dumps({"sub": str(person("root"))}))
@example(claims=json.dumps({"sub": KNOWN[0], "padding": "x" * 1_000_000}))
@example(claims=json.dumps({"sub": "x" * 1_000_000}))
@example(claims=f'{{"sub": "{KNOWN[0]}", "sub": null}}')
@example(claims="[" * 20_000 + "]" * 20_000)
@settings(
    max_examples=1000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def fuzz(app: psycopg.Connection, claims: str) -> None:
    seen = seen_by(app, claims)
    if isinstance(seen, str):
        assert seen in REFUSALS
    else:
        subject = subject_of(claims)
        merged = {person("ann"), person("ben")} if subject == person("root") else set[UUID]()
        assert seen <= {subject} | merged


def test_a_thousand_claims_show_nobody_elses_rows(app: psycopg.Connection) -> None:
    fuzz(app)


def test_the_same_claims_find_a_person_taken_from_elsewhere(app: psycopg.Connection, conn: psycopg.Connection) -> None:
    conn.execute(
        """
        create or replace function private.uid() returns uuid language sql stable set search_path = '' as $$
          select coalesce(claims ->> 'user_id', claims ->> 'sub')::uuid
          from (select current_setting('request.jwt.claims')::jsonb) as request(claims)
        $$
        """
    )
    with pytest.raises(AssertionError):
        fuzz(app)
