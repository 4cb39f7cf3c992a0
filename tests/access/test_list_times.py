"""R6 of the reliability rules: a person's lists and an administrator's pages stay quick among everybody's rows."""

import logging
from statistics import quantiles
from typing import Any

import pytest

from benchmarks.reports import PLANT, STUDENTS_PER_COURSE, SUMS
from shared.metrics import Metric
from tests.access.examples import query_of
from tests.access.routes import Route, routes
from tests.access.world import ADMIN, ANN, Caller
from tests.deployed import DeployedFunctions
from tests.log import Log

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800), pytest.mark.xdist_group("lists")]

ROWS, ROUNDS, REQUESTS = 200_000, 5, 40
BUDGET_MS = {"user": 5, "admin": 50}
NO_LISTS = {
    "/functions/v1/me/export": "everything that is kept about a person",
    "/functions/v1/admin/fraud-signals": "made of everything that devices did in the last 90 days",
}
HERS = f"n < {100 * STUDENTS_PER_COURSE} and n % {STUDENTS_PER_COURSE} = 1"
"""A hundred of the rows, one of each of a hundred courses, are ann's."""
FURTHER = f"""
    set session_replication_role = replica;
    insert into in_app_notifications (user_id, title, message, created_at)
    select person, 'Seat', 'Yours', at from benchmark_planted;
    insert into event_waitlist (event_id, user_id, status, joined_at)
    select event, person, (array['waiting', 'left', 'expired'])[1 + n % 3], at from benchmark_planted;
    insert into notifications_queue (user_id, type, channel, template, status, dedupe_key, created_at)
    select person, 'email', 'transactional', 'broadcast', (array['sent', 'failed'])[1 + n % 2], n::text, at
    from benchmark_planted;
    insert into webhook_logs (source, event_id, event_type, signature_valid, body, payload, status, received_at)
    select 'razorpay', 'evt_' || n, 'payment.captured', true, convert_to(n::text, 'utf8'), '{{}}',
      (array['processed', 'failed'])[1 + n % 2], at from benchmark_planted;
    insert into admin_audit_logs
      (position, admin_id, action, resource_type, resource_id, created_at, previous_hash, hash)
    select n, person, 'event.changed', 'event', event::text, at, '', convert_to(n::text, 'utf8') from benchmark_planted;
    insert into certificates (chain_position, registration_id, user_id, event_id, certificate_number,
      verification_token, content, content_hash, pdf_hash, pdf_key, pdf_url, rule_version, eligibility, previous_hash,
      blockchain_hash, issued_at)
    select n, seat, person, event, 'CC-2026-' || lpad(n::text, 6, '0'), md5(n::text) || md5(n::text),
      '{{"number": "CC-2026-000001", "recipient": "Ann", "course": "Course", "starts_on": "2026-01-01",
        "ends_on": "2026-01-01", "attended_minutes": 0, "issued_on": "2026-01-01", "issuer": "Academy", "version": 1}}',
      '', '', 'certificates/1.pdf', 's3://documents/1.pdf', 1, '{{}}', '', convert_to(n::text, 'utf8'), at
    from benchmark_planted;
    insert into session_recordings (event_id, video_url, processing_status)
    select distinct event, 's3://recordings/1.mp4', 'ready' from benchmark_planted;
    insert into profiles (id, email) values ('{ANN.user}', 'ann@example.com'), ('{ADMIN.user}', 'root@example.com');
    insert into admins (user_id) values ('{ADMIN.user}');
"""
OWNED = (
    *("registrations", "payment_transactions", "event_feedback", "session_attendance", "in_app_notifications"),
    *("event_waitlist", "notifications_queue", "certificates"),
)


@pytest.fixture(scope="module")
def crowded(kept: DeployedFunctions) -> DeployedFunctions:
    look = kept.looking
    look.execute(
        "create unlogged table benchmark_planted"
        " (n int, person uuid, event uuid, seat uuid, bought uuid, at timestamptz)"
    )
    look.execute(PLANT.format(per=STUDENTS_PER_COURSE, first=1, last=ROWS, sums=SUMS).encode())
    look.execute(FURTHER.encode())
    for table in OWNED:
        look.execute(
            f"update {table} set user_id = '{ANN.user}'"
            f" where user_id in (select person from benchmark_planted where {HERS})".encode()
        )
    look.execute(
        f"update referrals set referrer_id = '{ANN.user}' where registration_id in"
        f" (select seat from benchmark_planted where {HERS})".encode()
    )
    look.execute("set session_replication_role = origin; analyze")
    return kept


def lists() -> list[Any]:
    """The routes that take no ids, each with what it is asked for."""
    found: list[Any] = []
    for route in routes():
        is_list = route.method == "GET" and not route.takes_ids and route.path not in NO_LISTS
        if is_list and route.who in BUDGET_MS:
            kinds = ("overview", "revenue", "events", "referrals") if route.function == "analytics_report" else ("",)
            found += [pytest.param(route, kind, id=f"{route.path.removeprefix('/functions/v1/')} {kind}".strip())
                      for kind in kinds]  # fmt: skip
    return found


def p95(platform: DeployedFunctions, log: Log, route: Route, kind: str = "") -> float:
    """Milliseconds in the database, of the quietest round: what else the machine does only adds."""
    caller: Caller = {"user": ANN, "admin": ADMIN}[route.who]
    query = query_of(route) | ({"type": kind} if kind else {})
    if "eventId" in query:
        seat = "select event_id from registrations where user_id = %s limit 1"
        query["eventId"] = str(platform.row(seat, caller.user)["event_id"])

    def take() -> float:
        log.forget()
        answer = platform.request(
            route.function, "GET", route.path.removeprefix("/functions/v1"),
            user=caller.user, groups=caller.groups, query=query,
        )  # fmt: skip
        assert answer.status == 200, answer.raw
        return sum(log.values()[Metric.DATABASE_TRANSACTION_TIME])

    return min(quantiles([take() for _ in range(REQUESTS)], n=20)[-1] for _ in range(ROUNDS))


@pytest.mark.parametrize(("route", "kind"), lists())
def test_a_list_among_everybodys_rows_is_quick(crowded: DeployedFunctions, log: Log, route: Route, kind: str) -> None:
    taken = p95(crowded, log, route, kind)
    logging.getLogger(__name__).info("%s %s: p95 %.1f ms", route, kind, taken)
    assert taken <= BUDGET_MS[route.who]


def test_a_page_without_its_index_is_not(crowded: DeployedFunctions, log: Log) -> None:
    """The negative control."""
    (route,) = [each for each in routes() if str(each) == "GET /functions/v1/admin/certificates"]
    crowded.rows("drop index certificates_by_time")
    try:
        assert p95(crowded, log, route) > BUDGET_MS["admin"]
    finally:
        crowded.rows("create index certificates_by_time on certificates (issued_at desc, id desc)")
