"""Random histories of registrations: what can become of people, seats, money, opinions and referrals, as statements."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, LiteralString
from uuid import UUID

type Statement = tuple[LiteralString, dict[str, Any]]
MIDNIGHT = datetime(2026, 3, 9, 18, 30, tzinfo=UTC)
"""In Kolkata."""
EDGES = (timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1), timedelta(hours=5, minutes=30))
PRICES = (49_900, 149_900, 100)


@dataclass
class Author:
    """Writes histories for some courses; the same seed writes the same."""

    random: Random
    events: list[UUID]
    people: list[UUID]

    def history(self) -> Iterator[Statement]:
        """One person's registration from the beginning to wherever it leads, statements in their order."""
        chance, who, seat = self.random.random, self._id(), self._id()
        event, currency = self.random.choice(self.events), self.random.choices(("INR", "USD"), (9, 1))[0]
        at = self._instant()
        self.people.append(who)
        yield (
            "insert into profiles (id, email, full_name, created_at) values (%(id)s, %(email)s, 'A', %(at)s)",
            {"id": who, "email": f"{who}@example.com", "at": at},
        )
        yield (
            "insert into registrations (id, user_id, event_id, status, payment_status, amount, currency,"
            " hold_expires_at, created_at) values (%(id)s, %(who)s, %(event)s, 'pending', 'pending', 100,"
            " %(currency)s, %(at)s, %(at)s)",
            {"id": seat, "who": who, "event": event, "currency": currency, "at": at},
        )
        if chance() < 0.3:
            yield from self._referral(who, seat, event)
        if chance() < 0.15:
            yield _seat(seat, "confirmed", "free")
        else:
            yield from self._money(who, seat, currency)
        if chance() < 0.2:
            yield _feedback(who, seat, event, self.random.randint(1, 5), self._instant())
        if chance() < 0.05:
            yield "update profiles set erased_at = now() where id = %(id)s", {"id": who}

    def _money(self, who: UUID, seat: UUID, currency: str) -> Iterator[Statement]:
        """An order with one to three payments, some captured, some refunded in parts, in any order of news."""
        order, amount = self._id(), self.random.choice(PRICES)
        yield (
            "insert into payment_transactions (id, registration_id, user_id, razorpay_order_id, amount, currency)"
            " values (%(id)s, %(seat)s, %(who)s, %(order)s, %(amount)s, %(currency)s)",
            {"id": order, "seat": seat, "who": who, "order": f"o{order}", "amount": amount, "currency": currency},
        )
        for number in range(self.random.randint(1, 3)):
            payment, steps = f"p{order}{number}", ["created", "failed", "authorized", "captured", "refunded"]
            first, *later = sorted(self.random.sample(range(5), self.random.randint(1, 3)))
            attempt = {"id": payment, "order": order, "amount": amount, "currency": currency, "at": self._instant()}
            yield (
                "insert into payment_attempts (razorpay_payment_id, payment_transaction_id, status, amount, currency,"
                " created_at) values (%(id)s, %(order)s, %(status)s, %(amount)s, %(currency)s, %(at)s)",
                attempt | {"status": steps[first]},
            )
            for step in later:
                fee = self.random.choice((None, amount // 50))
                yield (
                    "update payment_attempts set status = %(status)s, fee = %(fee)s, tax = %(tax)s"
                    " where razorpay_payment_id = %(id)s",
                    {"id": payment, "status": steps[step], "fee": fee, "tax": fee and fee * 18 // 118},
                )
            if self.random.random() < 0.4:
                yield from self._refunds(order, payment, amount, currency)
        yield _seat(seat, *self.random.choice(ENDS))
        if self.random.random() < 0.3:
            yield _seat(seat, *self.random.choice(ENDS))

    def _refunds(self, order: UUID, payment: str, amount: int, currency: str) -> Iterator[Statement]:
        for share in self.random.choice(((100,), (40, 60), (50,))):
            refund = self._id()
            yield (
                "insert into refunds (id, payment_transaction_id, razorpay_payment_id, amount, currency, reason,"
                " idempotency_key, created_at) values (%(id)s, %(order)s, %(payment)s, %(amount)s, %(currency)s,"
                " 'admin', %(key)s, %(at)s)",
                {"id": refund, "order": order, "payment": payment, "amount": amount * share // 100,
                 "currency": currency, "key": f"key-{refund}", "at": self._instant()},
            )  # fmt: skip
            ends = self.random.choice((("failed",), ("pending", "processed"), ("processed",), ("pending",)))
            for status in ends:
                at = self._instant() if status == "processed" else None
                yield (
                    "update refunds set status = %(status)s, razorpay_refund_id = %(id)s, processed_at = %(at)s"
                    " where id = %(id)s::uuid",
                    {"id": str(refund), "status": status, "at": at},
                )

    def _referral(self, who: UUID, seat: UUID, event: UUID) -> Iterator[Statement]:
        referrer, referral = self.random.choice(self.people[:30]), self._id()
        if referrer == who:
            return
        yield (
            "insert into referrals (id, referrer_id, referred_user_id, event_id, registration_id, created_at)"
            " values (%(id)s, %(referrer)s, %(who)s, %(event)s, %(seat)s, %(at)s)",
            {"id": referral, "referrer": referrer, "who": who, "event": event, "seat": seat, "at": self._instant()},
        )
        for status in self.random.choice(((), ("completed",), ("completed", "rewarded"), ("completed", "cancelled"))):
            yield (
                "update referrals set status = %(status)s, completed_at = now(), revocable_until = now()"
                " where id = %(id)s",
                {"id": referral, "status": status},
            )

    def _instant(self) -> datetime:
        """Often at the edge of a day in Kolkata or in UTC."""
        at = MIDNIGHT + timedelta(days=self.random.randrange(-40, 40))
        if self.random.random() < 0.5:
            return at + self.random.choice(EDGES)
        return at + timedelta(seconds=self.random.randrange(86_400))

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)


ENDS = (
    *(("confirmed", "completed"), ("confirmed", "completed"), ("confirmed", "refunded"), ("cancelled", "refunded")),
    *(("expired", "pending"), ("expired", "failed"), ("pending", "failed")),
)


def interleaved(random: Random, histories: list[Iterator[Statement]]) -> Iterator[Statement]:
    """All of them, some at a time, each in its own order."""
    waiting, open_ones = histories[::-1], list[Iterator[Statement]]()
    while waiting or open_ones:
        while waiting and len(open_ones) < 20:
            open_ones.append(waiting.pop())
        chosen = random.randrange(len(open_ones))
        statement = next(open_ones[chosen], None)
        if statement is None:
            open_ones.pop(chosen)
        else:
            yield statement


def _seat(seat: UUID, status: str, payment_status: str) -> Statement:
    return (
        "update registrations set status = %(status)s, payment_status = %(payment)s, confirmed_at = now()"
        " where id = %(id)s",
        {"id": seat, "status": status, "payment": payment_status},
    )


def _feedback(who: UUID, seat: UUID, event: UUID, rating: int, at: datetime) -> Statement:
    return (
        "insert into event_feedback (registration_id, user_id, event_id, rating, created_at)"
        " values (%(seat)s, %(who)s, %(event)s, %(rating)s, %(at)s)",
        {"seat": seat, "who": who, "event": event, "rating": rating, "at": at},
    )
