"""Numbers are read as people write them, and everything else is none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.numerals import decimal_number, whole_number

digits = st.text("0123456789 +-._eE٣²Ⅷ\u3000naif", max_size=12)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_a_whole_number_is_read_up_to_the_most(value: int, most: int) -> None:
    wanted = value if value <= most else None
    assert whole_number(str(value), most) == wanted
    assert whole_number(f"  000{value}\n", most) == wanted


@pytest.mark.parametrize("text", ["", " ", "²", "٣", "1_0", "+1", "-1", "1.0", "1e3", "0x1", "1 2"])
def test_other_texts_are_no_whole_number(text: str) -> None:
    assert whole_number(text, 10**9) is None


def test_very_many_digits_are_no_error() -> None:
    assert whole_number("9" * 5000, 2**63 - 1) is None  # int() refuses them
    assert whole_number("0" * 5000 + "7", 9) == 7
    assert decimal_number("9" * 5000) is None
    assert decimal_number("0." + "3" * 5000) == pytest.approx(1 / 3)


@given(st.floats(-1e300, 1e300))
def test_a_decimal_number_is_read_exactly(value: float) -> None:
    assert decimal_number(repr(value)) == value
    assert decimal_number(f" {value:.3E} ") == float(f"{value:.3E}")


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), (".5", 0.5), ("5.", 5), ("+2e-1", 0.2), ("-0", 0), ("1E3", 1000)]
)
def test_the_ways_to_write_one(text: str, value: float) -> None:
    assert decimal_number(text) == value


@pytest.mark.parametrize(
    "text", ["", ".", "nan", "inf", "-Infinity", "1_0", "٣", "²", "1e", "e5", "0x1", "1e999", "1,5"]
)
def test_other_texts_are_no_decimal_number(text: str) -> None:
    assert decimal_number(text) is None


@given(digits)
def test_what_is_read_is_what_python_reads(text: str) -> None:
    whole, decimal = whole_number(text, 10**15), decimal_number(text)
    assert whole is None or whole == int(text)
    assert decimal is None or (decimal == float(text) and math.isfinite(decimal))
    assert whole is None or decimal == whole
