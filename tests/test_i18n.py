"""Words and figures as people read them."""

from datetime import date
from fractions import Fraction

from monitor import i18n


def test_what_is_not_quite_the_whole_never_reads_as_the_whole() -> None:
    assert i18n.percent(Fraction(9998, 10_000), "en") == "99.9%"
    assert i18n.percent(Fraction(1), "en") == "100.0%"
    assert i18n.percent(Fraction(999, 1000), "zh", digits=0) == "99%"


def test_a_missing_figure_is_a_dash_and_never_a_zero() -> None:
    assert i18n.number(None, "zh") == "–"
    assert i18n.percent(None, "en") == "–"
    assert i18n.quantity(None, "water", "en") == "–"


def test_a_saving_has_a_minus_and_a_rise_a_plus() -> None:
    assert i18n.percent(Fraction(-5, 100), "zh", sign=True) == "-5.0%"
    assert i18n.percent(Fraction(5, 100), "en", sign=True) == "+5.0%"


def test_dates_and_months_are_written_as_the_language_writes_them() -> None:
    assert i18n.day(date(2026, 1, 3), "zh") == "2026年1月3日"
    assert i18n.day(date(2026, 1, 3), "en") == "3 Jan 2026"
    assert i18n.month(2026, 1, "zh") == "2026年1月"


def test_both_languages_stand_side_by_side_where_they_differ() -> None:
    assert i18n.both("No such sentence in any catalogue") == "No such sentence in any catalogue"


def test_a_coverage_is_cut_off_and_never_rounded_up() -> None:
    assert i18n.coverage(Fraction(9496, 10_000), "en") == "94.9%"
    assert i18n.coverage(Fraction(95, 100), "zh") == "95.0%"
    assert i18n.coverage(None, "zh") == "–"
