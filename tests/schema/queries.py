"""Random queries over people's tables: the same ones for the same seed."""

import random

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

# Each person's rows said without the policies, by the person or by what the person has; {me} is the person.
ORDERS = "payment_transaction_id in (select id from public.payment_transactions where user_id = {me})"
SEATS = """processing_status = 'ready' and event_id in (select event_id from public.registrations
    where user_id = {me} and status = 'confirmed' and payment_status in ('completed', 'free'))"""
BY_USER = (
    "analytics_events", "certificates", "event_feedback", "event_waitlist", "in_app_notifications",
    "marketing_consents", "notification_preferences", "payment_transactions", "recording_positions",
    "referral_credit_uses", "registrations", "receipts", "session_attendance",
)  # fmt: skip
OWN = {
    **dict.fromkeys(BY_USER, "user_id = {me}"),
    **dict.fromkeys(("referrals", "referral_rewards"), "referrer_id = {me}"),
    "profiles": "id = {me}",
    "refunds": ORDERS,
    "session_recordings": SEATS,
}
JOINED_BY = ("registration_id", "event_id", "user_id", "created_at")
FORMS = ("{c} = {v}", "{c} <> {v}", "{c} <= {v}", "{c} is null", "not ({c} = {v})", "{c} is distinct from {v}", "true",
         "({c} = {v} or true)", "exists (select from <{t}> s where s.{k} = {c})")  # fmt: skip
AGGREGATES = ("count(*), count({c})", "count(distinct {c})", "array_agg({c} order by {c})")
PAGES = ("", "order by 1, 2 limit 3", "order by 1, 2 desc limit 5 offset 1")


class Generator:
    """Writes queries whose tables stand as `<name>`."""

    def __init__(self, conn: psycopg.Connection, seed: int) -> None:
        self._dice = random.Random(seed)
        self._tables = sorted(OWN)
        self._columns: dict[str, list[str]] = {}
        self._values: dict[tuple[str, str], list[str]] = {}
        for table in self._tables:
            rows = conn.execute(f"select * from public.{table} limit 20".encode())
            self._columns[table] = [column.name for column in rows.description or ()]
            for row in rows.fetchall():
                for column, value in zip(self._columns[table], row, strict=True):
                    shown = sql.Literal(Jsonb(value) if isinstance(value, dict) else value)
                    self._values.setdefault((table, column), []).append(shown.as_string(conn))

    def query(self) -> str:
        """One query: a table, perhaps joined to another, a condition, columns in an order or an aggregate."""
        table = self._dice.choice(self._tables)
        source = f"<{table}> a{self._join(table)}"
        if self._dice.random() < 0.3:
            what, page = self._dice.choice(AGGREGATES).format(c=f'a."{self._dice.choice(self._columns[table])}"'), ""
        else:
            what = ", ".join(f'a."{column}"' for column in self._dice.sample(self._columns[table], 2))
            page = self._dice.choice(PAGES)
        return f"select {what} from {source} where {self._condition(table)} {page}"

    def _join(self, table: str) -> str:
        other = self._dice.choice(self._tables)
        shared = [name for name in JOINED_BY if name in self._columns[table] and name in self._columns[other]]
        if not shared or self._dice.random() < 0.6:
            return ""
        by = self._dice.choice(shared)
        return f" {self._dice.choice(('', 'left', 'full'))} join <{other}> b on b.{by} = a.{by}"

    def _condition(self, table: str) -> str:
        column = self._dice.choice(self._columns[table])
        value = self._dice.choice(self._values[table, column])
        return self._dice.choice(FORMS).format(c=f'a."{column}"', k=f'"{column}"', v=value, t=table)


def over_tables(query: str) -> bytes:
    """The query as a person asks it."""
    for table in OWN:
        query = query.replace(f"<{table}>", f"public.{table}")
    return query.encode()


def over_own_rows(query: str, me: str) -> bytes:
    """The same query over the rows of one person (an SQL literal)."""
    for table, condition in OWN.items():
        query = query.replace(f"<{table}>", f"(select * from public.{table} where {condition.format(me=me)})")
    return query.encode()
