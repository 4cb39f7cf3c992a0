"""The arithmetic of receipts: taxes add up to the paisa, and a GSTIN has a valid check character."""

import random
from datetime import UTC, datetime

import pytest

from shared.money import rupees_in_words
from shared.receipts import gst
from shared.receipts.models import financial_year

SEED = 20_261_125
GSTINS = ("27AAPFU0939F1ZV", "29AAGCB7383J1Z4")


def total(parts: gst.TaxBreakdown) -> int:
    return parts.taxable + parts.cgst + parts.sgst + parts.igst


@pytest.mark.parametrize("within_state", [True, False])
def test_the_parts_are_the_whole_and_each_is_right_to_a_paisa(within_state: bool) -> None:
    dice = random.Random(SEED)
    for _ in range(3000):
        amount, rate = dice.randint(1, 10**9), dice.choice((0, 500, 1200, 1800, 2800))
        parts = gst.split_inclusive(amount, rate, within_state=within_state)
        assert total(parts) == amount
        assert parts.cgst == parts.sgst
        exact = amount * rate / (10_000 + rate)
        assert abs(2 * parts.cgst + parts.igst - exact) <= 1


def test_what_went_back_in_parts_has_the_parts_of_the_whole() -> None:
    dice = random.Random(SEED)
    for _ in range(2000):
        amount = dice.randint(300, 10**7)
        paid = gst.split_inclusive(amount, 1800, within_state=dice.random() < 0.5)
        before, credits = 0, list[gst.TaxBreakdown]()
        while before < amount:
            back = min(dice.randint(100, amount), amount - before)
            credits.append(gst.credit_share(paid, amount, before, back))
            assert total(credits[-1]) == back
            before += back
        for name in ("taxable", "cgst", "sgst", "igst"):
            assert sum(getattr(each, name) for each in credits) == getattr(paid, name)


def test_rounding_each_credit_by_itself_would_lose_paise() -> None:
    """The negative control."""
    paid = gst.split_inclusive(1_000, 1800, within_state=False)
    alone = [gst.split_inclusive(back, 1800, within_state=False) for back in (101, 101, 101, 697)]
    assert sum(each.igst for each in alone) != paid.igst


def test_a_gst_number_with_one_wrong_character_is_none() -> None:
    dice = random.Random(SEED)
    for good in GSTINS:
        assert gst.is_gstin(good)
        for place in range(15):
            for other in set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {good[place]}:
                assert not gst.is_gstin(good[:place] + other + good[place + 1 :])
        assert not gst.is_gstin(good.lower())
        assert not gst.is_gstin(good + dice.choice("0A"))


@pytest.mark.parametrize(
    ("instant", "year"),
    [
        (datetime(2026, 3, 31, 18, 29, 59, tzinfo=UTC), 2025),
        (datetime(2026, 3, 31, 18, 30, tzinfo=UTC), 2026),
        (datetime(2027, 1, 1, tzinfo=UTC), 2026),
    ],
)
def test_the_financial_year_begins_in_april_at_midnight_in_india(instant: datetime, year: int) -> None:
    assert financial_year(instant) == year


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (49_900, "four hundred ninety-nine"),
        (1_00, "one"),
        (123_456_50, "one lakh twenty-three thousand four hundred fifty-six and fifty paise"),
        (10_00_00_000_00, "ten crore"),
        (1_01_01_101_01, "one crore one lakh one thousand one hundred one and one paise"),
    ],
)
def test_amounts_are_spelled_as_india_counts(paise: int, text: str) -> None:
    assert rupees_in_words(paise) == f"Rupees {text} only"
