"""The edges of money as a state machine: held payments, disputes, refunds elsewhere or failing, and moved courses."""

from datetime import timedelta
from typing import LiteralString
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from functions.admin_sales.held_payments import service as held_payments
from functions.admin_sales.refunds import service as admin_refunds
from functions.admin_sales.refunds.models import NewPayout, NewRefund
from shared import db
from shared.actors import service_for
from shared.registrations.models import Registration
from tests.seats.invariants import BROKEN, Violation, check
from tests.seats.machine import PEOPLE, SeatsMachine, course, pick
from tests.seats.simulation import PlatformSimulation

PAYMENTS: LiteralString = """
    with payment as (
        select a.razorpay_payment_id as id, a.amount as captured, t.id as order_id, t.status as order_status,
            t.review_reason, t.razorpay_payment_id as paid_by, r.id as registration_id, r.status, r.cancel_reason,
            coalesce(f.sent, 0) as sent, coalesce(f.committed, 0) as committed, coalesce(f.waits, false) as waits,
            coalesce(d.deducted, 0) as deducted
        from payment_attempts a
        join payment_transactions t on t.id = a.payment_transaction_id
        join registrations r on r.id = t.registration_id
        left join lateral (
            select sum(amount) filter (where f.status in ('pending', 'processed')) as sent,
                sum(amount) filter (where f.status in ('requested', 'pending', 'processed')) as committed,
                bool_or(f.status = 'failed' and not exists (select from refunds n where n.retry_of = f.id)) as waits
            from refunds f where f.razorpay_payment_id = a.razorpay_payment_id
        ) f on true
        left join lateral (
            select sum(amount_deducted) filter (where status in ('lost', 'closed')) as deducted
            from disputes d where d.razorpay_payment_id = a.razorpay_payment_id
        ) d on true
        where a.status = 'captured'
    )
"""
LEDGER: dict[str, LiteralString] = {
    "captured money without a seat, a refund or a decision to make": PAYMENTS
    + """
        select id from payment
        where paid_by is distinct from id and captured - committed - deducted >= 100 and not waits
            and not (review_reason is not null and status = 'pending' and order_status in ('initiated', 'failed'))
    """,
    "a cancelled seat was not refunded as agreed": PAYMENTS
    + """
        select id from payment left join expected_refunds x using (registration_id)
        where paid_by = id and status = 'cancelled' and not waits and committed < least(
            captured - deducted,
            case when cancel_reason = 'student_cancelled' then captured * coalesce(x.percent, 100) / 100
                else captured end
        ) - 99
    """,
    "a seat is held after its money was decided": PAYMENTS
    + """
        select id from payment
        where review_reason is not null and status = 'pending' and order_status in ('initiated', 'failed')
            and paid_by is distinct from id and committed > 0 and not exists (
                select from payment other
                where other.order_id = payment.order_id and other.captured - other.committed - other.deducted > 0
            )
    """,
}
"""captured = seats' price + refunds + disputes' loss + held, for every payment; a rest below 1.00 cannot go back."""

OVERPAID: dict[str, LiteralString] = {
    "more of a payment left than came in": PAYMENTS + "select id from payment where sent + deducted > captured"
}
"""Holds once every delivery has arrived; before, a refund that failed at Razorpay may still count here."""

MONEY_INVARIANTS: dict[str, LiteralString] = {
    what: statement
    for what, statement in (BROKEN | LEDGER).items()
    if what != "a captured payment neither bought a seat nor goes back"
}


class MoneySimulation(PlatformSimulation):
    """With an administrator, and with the terms that each student agreed to.

    One process logs in as the worker, which cannot act as an administrator, so the administrator's services run as the
    platform.
    """

    def prepare(self) -> None:
        self.look.execute(
            "create table if not exists expected_refunds (registration_id uuid primary key, percent integer not null)"
        )

    def reset(self) -> None:
        super().reset()
        self.look.execute("delete from expected_refunds")
        self.look.execute("delete from admins")

    def make_admin(self) -> UUID:
        admin = self.person()
        self.look.execute("insert into admins (user_id) values (%s) on conflict do nothing", (admin,))
        return admin

    def register(self, who: UUID, event_id: UUID, referrer: UUID | None = None) -> Registration:
        registration = super().register(who, event_id, referrer)
        self.agreed[registration.id] = registration.event_starts_at
        return registration

    def claim(self, who: UUID, entry_id: UUID, referrer: UUID | None = None) -> Registration:
        registration = super().claim(who, entry_id, referrer)
        self.agreed[registration.id] = registration.event_starts_at
        return registration

    def cancel(self, who: UUID, registration_id: UUID) -> None:
        (event,) = self.rows(
            """
            select e.starts_at, e.full_refund_hours, e.partial_refund_hours, e.partial_refund_percent
            from registrations r join events e on e.id = r.event_id where r.id = %(id)s
            """,
            id=registration_id,
        )
        self.cancel_by_policy(who, registration_id)
        left = max(event["starts_at"], self.agreed.get(registration_id, event["starts_at"])) - self.now
        percent = 0
        if left >= timedelta(hours=event["partial_refund_hours"]):
            percent = event["partial_refund_percent"]
        if left >= timedelta(hours=event["full_refund_hours"]):
            percent = 100
        self.look.execute(
            "insert into expected_refunds values (%s, %s) on conflict do nothing", (registration_id, percent)
        )

    def cancel_by_policy(self, who: UUID, registration_id: UUID) -> None:
        super().cancel(who, registration_id)

    def accept_held(self, admin: UUID, payment_id: UUID) -> None:
        with db.transaction(service_for(admin)) as conn:
            held_payments.accept(conn, payment_id, self.now)

    def return_held(self, admin: UUID, payment_id: UUID, razorpay_payment_id: str) -> None:
        body = NewRefund(payment_id=payment_id, razorpay_payment_id=razorpay_payment_id)
        with db.transaction(service_for(admin)) as conn:
            admin_refunds.request_refund(conn, admin, uuid4().hex, body)

    def retry_refund(self, admin: UUID, refund_id: UUID) -> None:
        with db.transaction(service_for(admin)) as conn:
            admin_refunds.retry_refund(conn, admin, refund_id)

    def pay_out(self, admin: UUID, refund_id: UUID) -> None:
        with db.transaction(service_for(admin)) as conn:
            admin_refunds.record_payout(conn, admin, refund_id, NewPayout(reference="UTR 1"), self.now)

    def move_event(self, event_id: UUID, by: timedelta) -> None:
        self.look.execute(
            """
            update events set starts_at = starts_at + %(by)s, ends_at = ends_at + %(by)s
            where id = %(id)s and status = 'upcoming' and starts_at + %(by)s > %(now)s
            """,
            {"id": event_id, "by": by, "now": self.now},
        )


class MoneyMachine(SeatsMachine):
    """Everything of the seats' machine, and what happens at the edges of money."""

    simulation: MoneySimulation  # pyright: ignore[reportIncompatibleVariableOverride] - set once, by a subclass

    def __init__(self) -> None:
        super().__init__()
        self.admin = self.simulation.make_admin()
        assert len(self.simulation.people) == PEOPLE + 1

    @initialize(friends=st.integers(0, 2), waiting=st.integers(0, 2))
    def fill(self, friends: int, waiting: int) -> None:
        """Begin with some paid seats, and with some payments of another amount."""
        for number in range(friends):
            self.simulation.buy(self._person(1 + number), self._event(0))
        for number in range(waiting):
            self._pay_other_amount(self._person(4 - number), self._event(number))

    def _pay_other_amount(self, who: UUID, event_id: UUID) -> None:
        registration = self.simulation.register(who, event_id)
        order = self.simulation.open_order(who, registration.id)
        self.simulation.razorpay.pay(order.id, "captured", more=1_178)
        self.simulation.deliver(*self.simulation.razorpay.webhooks.pop())

    def teardown(self) -> None:
        razorpay = self.simulation.razorpay
        razorpay.unreadable.clear()
        for payment in razorpay.payments("created"):
            razorpay.finish(payment, "failed")
        for payment in razorpay.payments("authorized"):
            razorpay.capture(payment)
        self.simulation.send_refunds()
        for dispute in razorpay.open_disputes():
            razorpay.decide_dispute(dispute, "lost")
        self.simulation.now += timedelta(hours=2)
        for _ in range(3):
            self._deliver_all()
            self.simulation.sweep()
            self.simulation.send_refunds()
            razorpay.complete_refunds()
        self._deliver_all()
        self._check_settled()

    @invariant()
    def everything_holds(self) -> None:
        check(self.simulation, MONEY_INVARIANTS)
        razorpay = self.simulation.razorpay
        for payment in razorpay.payments("captured"):
            lost = razorpay.taken(payment["id"]) - sum(
                each["amount"] for each in razorpay.open_disputes() if each["payment_id"] == payment["id"]
            )
            if razorpay.refunded(payment["id"]) + lost > payment["amount"]:
                raise Violation(f"more of a payment left at Razorpay than came in: {payment['id']}")

    @rule(which=pick, more=st.sampled_from([-1_000, 1_178, 1_178]))
    def pay_other_amount(self, which: int, more: int) -> None:
        orders = list(self.simulation.razorpay.orders)
        if orders:
            self.simulation.razorpay.pay(orders[which % len(orders)], "captured", more=more)

    @rule(which=pick)
    def start_payment(self, which: int) -> None:
        orders = list(self.simulation.razorpay.orders)
        if orders:
            self.simulation.razorpay.pay(orders[which % len(orders)], "created", now=self.simulation.now)

    @rule(which=pick, captured=st.booleans())
    def finish_payment(self, which: int, captured: bool) -> None:
        under_way = self.simulation.razorpay.payments("created")
        if under_way:
            payment = under_way[which % len(under_way)]
            self.simulation.razorpay.finish(payment, "captured" if captured else "failed")

    @rule(which=pick, part=st.sampled_from([1, 1, 2, 3]))
    def refund_in_dashboard(self, which: int, part: int) -> None:
        """Nobody refunds in the dashboard what a bank disputes."""
        razorpay = self.simulation.razorpay
        free = [
            payment
            for payment in razorpay.payments("captured")
            if not razorpay.taken(payment["id"]) and razorpay.refunded(payment["id"]) < payment["amount"]
        ]
        if free:
            payment = free[which % len(free)]
            left = payment["amount"] - razorpay.refunded(payment["id"])
            razorpay.refund_in_dashboard(payment, max(left // part, min(left, 100)))

    @rule(which=pick, part=st.sampled_from([1, 1, 2]))
    def open_dispute(self, which: int, part: int) -> None:
        """A bank disputes at most what has not gone back yet; the platform hears of it at once."""
        razorpay = self.simulation.razorpay
        captured = [
            payment
            for payment in razorpay.payments("captured")
            if razorpay.refunded(payment["id"]) + razorpay.taken(payment["id"]) < payment["amount"]
        ]
        if captured:
            payment = captured[which % len(captured)]
            left = payment["amount"] - razorpay.refunded(payment["id"]) - razorpay.taken(payment["id"])
            razorpay.open_dispute(payment, max(left // part, 1))
            self.simulation.deliver(*razorpay.webhooks.pop())

    @rule(which=pick, is_lost=st.booleans())
    def decide_dispute(self, which: int, is_lost: bool) -> None:
        razorpay = self.simulation.razorpay
        if disputes := razorpay.open_disputes():
            razorpay.decide_dispute(disputes[which % len(disputes)], "lost" if is_lost else "won")
            self.simulation.deliver(*razorpay.webhooks.pop())

    @rule(which=pick)
    def fail_refund(self, which: int) -> None:
        razorpay = self.simulation.razorpay
        if made := [each for each in razorpay.refunds.values() if each["status"] in ("pending", "processed")]:
            razorpay.fail_refund(made[which % len(made)])

    @rule(which=pick, known=st.booleans())
    def make_unreadable(self, which: int, known: bool) -> None:
        orders = list(self.simulation.razorpay.orders)
        if orders and known:
            self.simulation.razorpay.unreadable.discard(orders[which % len(orders)])
        elif orders:
            self.simulation.razorpay.unreadable.add(orders[which % len(orders)])

    @rule(which=pick, accept=st.booleans())
    def decide_held(self, which: int, accept: bool) -> None:
        held = self.simulation.rows(
            """
            select t.id, a.razorpay_payment_id from payment_transactions t
            join payment_attempts a on a.payment_transaction_id = t.id and a.status = 'captured'
            where t.review_reason is not null and a.razorpay_payment_id is distinct from t.razorpay_payment_id
            order by a.created_at, a.razorpay_payment_id
            """
        )
        if not held:
            return
        row = held[which % len(held)]
        if accept:
            self._try(lambda: self.simulation.accept_held(self.admin, row["id"]))
        else:
            self._try(lambda: self.simulation.return_held(self.admin, row["id"], row["razorpay_payment_id"]))

    @rule(which=pick, pay_out=st.booleans())
    def end_failed_refund(self, which: int, pay_out: bool) -> None:
        failed = self.simulation.rows("select id from refunds where status = 'failed' order by created_at, id")
        if not failed:
            return
        refund_id = failed[which % len(failed)]["id"]
        end = self.simulation.pay_out if pay_out else self.simulation.retry_refund
        self._try(lambda: end(self.admin, refund_id))

    @rule(which=pick)
    def cancel_paid(self, which: int) -> None:
        """The policy matters for paid seats only, and these are few."""
        paid = self.simulation.rows(
            """
            select id, user_id from registrations where status = 'confirmed' and payment_status = 'completed'
            order by created_at, id
            """
        )
        if paid:
            row = paid[which % len(paid)]
            self._try(lambda: self.simulation.cancel(row["user_id"], row["id"]))

    @rule(which=course, days=st.sampled_from([-8, -8, -5, 5, 10]))
    def move_event(self, which: int, days: int) -> None:
        self.simulation.move_event(self._event(which), timedelta(days=days))

    def _deliver_all(self) -> None:
        while self.simulation.razorpay.webhooks:
            self.simulation.deliver(*self.simulation.razorpay.webhooks.pop(0))

    def _check_settled(self) -> None:
        """Our refunds and Razorpay's are equal, and nothing waits that nobody will send."""
        self.everything_holds()
        check(self.simulation, OVERPAID)
        razorpay = self.simulation.razorpay
        for payment in razorpay.payments("captured"):
            (row,) = self.simulation.rows(
                """
                select coalesce(sum(amount), 0)::bigint as ours from refunds
                where razorpay_payment_id = %(id)s and status = 'processed' and payout_reference is null
                """,
                id=payment["id"],
            )
            if row["ours"] != razorpay.refunded(payment["id"]):
                raise Violation(f"{payment['id']}: refunded {razorpay.refunded(payment['id'])}, recorded {row['ours']}")
        if self.simulation.rows("select id from refunds where status in ('requested', 'pending')"):
            raise Violation("a refund was recorded and never sent")
        stale = self.simulation.rows(
            """
            select r.id from registrations r
            where r.status = 'pending' and r.hold_expires_at < %(long_ago)s and not exists (
                select from payment_transactions t
                where t.registration_id = r.id and (t.review_reason is not null or t.failed_checks > 0)
            )
            """,
            long_ago=self.simulation.now - timedelta(hours=1),
        )
        if stale:
            raise Violation("an unpaid seat is held for ever")
