"""Checks of what a client sends, with Razorpay's messages."""

import json
import math
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from local.razorpay import errors
from local.razorpay.entities import Entity

_CURRENCIES = frozenset(("INR", "USD", "EUR", "GBP", "JPY", "SGD", "AED", "AUD", "CAD", "KWD", "BHD", "OMR"))
_EARLIEST, _LATEST = 946_684_800, 4_765_046_400
_MOST = 10**12


@dataclass(frozen=True)
class Page:
    """Which part of a list: unix seconds `since` to `until`, and how many of them after how many."""

    since: int
    until: int
    count: int
    skip: int


def json_object(raw: bytes) -> Entity:
    """The fields of a request; an empty body has none."""
    try:
        value = json.loads(raw or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise errors.invalid("The request body is not valid JSON") from problem
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise errors.invalid("The request body should be a JSON object")
    return cast("Entity", value)


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are Python's additions to JSON."""
    raise ValueError(name)


def refuse_unknown(given: Mapping[str, object], *allowed: str) -> None:
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise errors.invalid(f"{', '.join(unknown)} is/are not required and should not be sent", unknown[0])


def entity_id(prefix: str, given: str) -> str:
    """The id in full; ids are `prefix_` and 14 alphanumeric characters."""
    if not re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{14}}", given, re.ASCII):
        raise errors.invalid(f"{given.removeprefix(prefix)} is not a valid id")
    return given


def amount(fields: Entity, *, minimum: int = 100) -> int:
    """Paise; at least INR 1.00."""
    value = required(fields, "amount")
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.invalid("The amount must be an integer.", "amount")
    if value < minimum:
        raise errors.invalid("The amount must be at least INR 1.00", "amount")
    if value > _MOST:
        raise errors.invalid("Amount exceeds maximum amount allowed.", "amount")
    return value


def currency(fields: Entity) -> str:
    value = required(fields, "currency")
    if not isinstance(value, str) or value not in _CURRENCIES:
        raise errors.invalid("Currency is not supported", "currency")
    return value


def required(fields: Entity, name: str) -> Any:
    if fields.get(name) is None:
        raise errors.invalid(f"The {name} field is required.", name)
    return fields[name]


def text(fields: Entity, name: str, longest: int) -> None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise errors.invalid(f"The {name} must be a string.", name)
    if value is not None and len(value) > longest:
        raise errors.invalid(f"The {name} may not be greater than {longest} characters.", name)


def one_of(fields: Entity, name: str, *choices: object) -> None:
    value = fields.get(name)
    # Compared with their types, since True == 1 in Python.
    if value is not None and not any(type(value) is type(choice) and value == choice for choice in choices):
        raise errors.invalid(f"The selected {name} is invalid.", name)


def notes(fields: Entity) -> None:
    """At most 15 pairs of at most 256 characters; an empty list is PHP's empty object."""
    value: Any = fields.get("notes")
    if value is None or value == []:
        return
    if not isinstance(value, dict):
        raise errors.invalid("The notes must be an array.", "notes")
    pairs = cast("Entity", value)
    if len(pairs) > 15:
        raise errors.invalid("Number of fields in notes should be less than or equal to 15", "notes")
    for key, each in pairs.items():
        if not isinstance(each, str | int) and not (isinstance(each, float) and math.isfinite(each)):
            raise errors.invalid("The notes may hold only text and numbers.", "notes")
        if len(key) > 256 or len(str(each)) > 256:
            raise errors.invalid("The notes may not be greater than 256 characters.", "notes")


def capture_settings(fields: Entity) -> None:
    """`payment: {capture, capture_options}` of an order, and its older form `payment_capture`."""
    one_of(fields, "payment_capture", 0, 1, "0", "1", True, False)
    payment = _settings(fields, "payment")
    if payment is None:
        return
    refuse_unknown(payment, "capture", "capture_options")
    required(payment, "capture")
    one_of(payment, "capture", "automatic", "manual")
    _capture_options(_settings(payment, "capture_options") or {})


def _settings(fields: Entity, name: str) -> Entity | None:
    value: Any = fields.get(name)
    if value is not None and not isinstance(value, dict):
        raise errors.invalid(f"The {name} must be an array.", name)
    return cast("Entity | None", value)


def _capture_options(options: Entity) -> None:
    refuse_unknown(options, "automatic_expiry_period", "manual_expiry_period", "refund_speed")
    one_of(options, "refund_speed", "normal", "optimum")
    for name, least, most in (("automatic_expiry_period", 12, 7200), ("manual_expiry_period", 12, 7200)):
        value = options.get(name)
        if value is not None and (type(value) is not int or not least <= value <= most):
            raise errors.invalid(f"The {name} must be between {least} and {most}.", name)


def page(query: Mapping[str, str], *, most: int = 100) -> Page:
    """from, to, count (10 by default) and skip of a list request."""
    count = whole_number(query, "count", 10)
    if count < 1:
        raise errors.invalid("The count must be at least 1.", "count")
    if count > most:
        raise errors.invalid(f"The count may not be greater than {most}.", "count")
    since = whole_number(query, "from", _EARLIEST)
    until = whole_number(query, "to", _LATEST)
    for name, value in (("from", since), ("to", until)):
        if not _EARLIEST <= value <= _LATEST:
            raise errors.invalid(f"{name} must be between {_EARLIEST} and {_LATEST}", name)
    return Page(since, until, count, whole_number(query, "skip", 0))


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]{1,10}", value):
        raise errors.invalid(f"The {name} must be an integer.", name)
    return int(value)


def day_or_month(query: Mapping[str, str]) -> tuple[int, int, int | None]:
    """year, month and perhaps day of a reconciliation report."""
    for name in ("year", "month"):
        required(dict(query), name)
    year, month = whole_number(query, "year", 0), whole_number(query, "month", 0)
    if not 2000 <= year <= 9999:
        raise errors.invalid("The year is not a valid year.", "year")
    if not 1 <= month <= 12:
        raise errors.invalid("The month is not a valid month.", "month")
    day = whole_number(query, "day", 1)
    if not 1 <= day <= monthrange(year, month)[1]:
        raise errors.invalid("The day is not a valid day.", "day")
    return year, month, day if "day" in query else None
