"""ann's and ben's rows in every table, and whoever asks for them."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from shared.certificates.models import CertificateContent
from tests.access.examples import body_of, headers_of, query_of
from tests.access.routes import Route, routes
from tests.deployed import SERVICE_KEY, Answer, DeployedFunctions
from tests.schema.world import person, populate, sample_rows

DAY = date(2026, 1, 15)
CONTENT = CertificateContent("CC-2026-000001", "Ann Rao", "Course 1", DAY, DAY, 0, DAY, "Crash Course")


@dataclass(frozen=True)
class Caller:
    """Who asks: with a token of `user` and `groups`, or with the service bearer, or with nothing."""

    name: str
    user: UUID | None = None
    groups: tuple[str, ...] = ()
    bearer: str | None = None


NOBODY = Caller("nobody")
ANN = Caller("ann", person("ann"))
ADMIN = Caller("admin", person("root"), ("admin",))
SERVICE = Caller("service", bearer=SERVICE_KEY)
GROUP_ONLY = Caller("of the group but not in the table", person("ann"), ("admin",))
TABLE_ONLY = Caller("in the table but not of the group", person("root"))
ORDER = ("GET", "PUT", "PATCH", "POST", "DELETE")
"""What changes least comes first."""
CALLER = {"everybody": NOBODY, "user": ANN, "admin": ADMIN, "service": SERVICE}


# Where the id behind a part of a path, or of a body's field, comes from: table, column, and how it belongs to somebody.
OF_USER = "user_id = %s"
OF_ORDER = "payment_transaction_id in (select id from payment_transactions where user_id = %s)"
OF_EVENT = "event_id in (select event_id from registrations where user_id = %s)"
IDS: dict[str, tuple[str, str, str]] = {
    "attendanceId": ("session_attendance", "id", OF_USER),
    "broadcasts": ("broadcasts", "id", OF_EVENT),
    "certificates": ("certificates", "id", OF_USER),
    "credit-notes": ("receipts", "id", "series = 'CN' and user_id = %s"),
    "disputes": ("disputes", "razorpay_dispute_id", OF_ORDER),
    "events": ("registrations", "event_id", OF_USER),
    "held-payments": ("payment_transactions", "id", OF_USER),
    "fraud-signals": ("fraud_reviews", "signal_id", "kind = 'mutual_referral' and %s::uuid is not null"),
    "items": ("reconciliation_items", "id", OF_ORDER),
    "notifications": ("in_app_notifications", "id", OF_USER),
    "payments": ("payment_transactions", "id", OF_USER),
    "receipts": ("receipts", "id", OF_USER),
    "reconciliation": ("reconciliation_items", "run_id", OF_ORDER),
    "recordings": ("session_recordings", "id", OF_EVENT),
    "refunds": ("refunds", "id", OF_ORDER),
    "registrationId": ("registrations", "id", OF_USER),
    "registrations": ("registrations", "id", OF_USER),
    "runs": ("reconciliation_items", "run_id", OF_ORDER),
    "sessions": ("session_attendance", "session_id", OF_USER),
    "settlements": (
        "settlements",
        "razorpay_settlement_id",
        "razorpay_settlement_id = 'setl_1' and %s::uuid is not null",
    ),
    "users": ("profiles", "id", "id = %s"),
    "fromUserId": ("profiles", "id", "id = %s"),
    "waitlist": ("event_waitlist", "id", OF_USER),
    "webhook-logs": ("webhook_logs", "id", "event_id = 'evt_1' and %s::uuid is not null"),
}
ADMINS_IDS = IDS | {"notifications": ("notifications_queue", "id", OF_USER)}


@dataclass(frozen=True)
class World:
    deployed: DeployedFunctions

    def ask(
        self,
        route: Route,
        caller: Caller,
        *,
        ids: str | None = None,
        body: Any = None,
    ) -> Answer:
        """A valid request; its ids are those of a person's rows, or of nothing."""
        headers = headers_of(route) | ({"authorization": f"Bearer {caller.bearer}"} if caller.bearer else {})
        return self.deployed.request(
            route.function,
            route.method,
            self.path(route, ids).removeprefix("/functions/v1"),
            user=caller.user,
            groups=caller.groups,
            headers=headers,
            query=query_of(route),
            body=body_of(route) if body is None else body,
        )

    def path(self, route: Route, ids: str | None) -> str:
        """The path with the ids of somebody's rows, or with ids of nothing."""

        def replaced(match: re.Match[str]) -> str:
            return f"{match[1]}/{self.id_of(route, match[1], ids) if ids else self.nothing(route, match[1])}"

        return re.sub(r"([^/]+)/\{[^}]+\}", replaced, route.path)

    def id_of(self, route: Route, kind: str, name: str) -> object:
        known = ADMINS_IDS if route.who == "admin" else IDS
        if kind not in known:
            raise KeyError(f"say in IDS where the ids of {route} come from")
        table, column, belongs = known[kind]
        statement: Any = f"select {column} as id from {table} where {belongs} order by 1 limit 1"
        return self.deployed.row(statement, person(name))["id"]

    def body(self, route: Route, name: str | None) -> Any:
        """Its body with the ids of a person's rows, or of nothing; None where it has no such ids."""
        fields = id_fields(route)
        if not fields:
            return None
        found = {each: str(self.id_of(route, each, name) if name else uuid4()) for each in fields}
        if name and "eventId" in body_of(route):
            found["eventId"] = str(self.id_of(route, "events", name))
        return body_of(route) | found

    @staticmethod
    def nothing(route: Route, kind: str) -> str:
        """An id that could be one, and is of nothing."""
        return "disp_00000000000000" if kind == "disputes" else str(uuid4())


def guarded() -> list[Route]:
    """The routes of users and administrators that take an id, in the path or in the body; reading ones first."""
    found = [route for route in routes() if route.who in ("user", "admin") and (route.takes_ids or id_fields(route))]
    return sorted(found, key=lambda route: (ORDER.index(route.method), str(route)))


def id_fields(route: Route) -> list[str]:
    """The fields of its body that name a row which belongs to somebody."""
    known = {"user": IDS.keys(), "admin": {"fromUserId"}}.get(route.who, set[str]())
    body = body_of(route)
    return [name for name in body if name in known] if isinstance(body, dict) else []


def inhabit(deployed: DeployedFunctions) -> World:
    """Fill an empty platform: as much as a row of each kind, in a state in which something can be done with it."""
    with deployed.database.look() as conn:
        populate(conn, sample_rows())
        conn.execute("set session_replication_role = replica")
        conn.execute("update certificates set content = %s", [CONTENT.canonical()])
    deployed.rows("update notifications_queue set status = 'failed'")
    deployed.rows(
        """
        insert into receipts (series, financial_year, serial, payment_transaction_id, refund_id, corrects, user_id,
            razorpay_payment_id, description, supplier, buyer, place_of_supply, tax_basis_points, amount, currency,
            taxable_amount, cgst, sgst, igst, paid_at, issued_at)
        select 'CN', t.financial_year, t.serial, t.payment_transaction_id, f.id, t.id, t.user_id,
            t.razorpay_payment_id, t.description, t.supplier, t.buyer, t.place_of_supply, t.tax_basis_points, t.amount,
            t.currency, t.taxable_amount, t.cgst, t.sgst, t.igst, t.paid_at, t.issued_at
        from receipts t join refunds f using (payment_transaction_id)
        """
    )
    deployed.rows("update events set starts_at = now() + interval '9 days', ends_at = now() + interval '10 days'")
    deployed.rows(
        "update event_sessions s set starts_at = e.starts_at + interval '1 hour',"
        " ends_at = e.starts_at + interval '2 hours'"
        " from events e where e.id = s.event_id and s.id in (select session_id from session_attendance)"
    )
    deployed.rows(
        "insert into referrals (referrer_id, referred_user_id, event_id, registration_id)"
        " select referred_user_id, referrer_id, event_id, registration_id from referrals"
    )
    deployed.rows(
        "update fraud_reviews set signal_id = md5('mutual_referral ' || least(referrer_id, referred_user_id) || ' '"
        " || greatest(referrer_id, referred_user_id))::uuid from referrals where referrer_id = accounts[1]"
    )
    return World(deployed)
