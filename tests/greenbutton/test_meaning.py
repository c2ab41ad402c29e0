"""What readings mean: units, scales, qualities, directions, ways of counting; what has no meaning here is refused by name."""

from pathlib import Path
from typing import Any

import pytest

from monitor.intake.contract import NO_START
from tests.greenbutton.feeds import (
    POINT,
    START,
    block,
    codes,
    entry,
    feed,
    house,
    kind,
    meter_reading,
    parsed,
    point,
    reading,
    rows,
)


@pytest.mark.parametrize(
    ("service", "fields", "value", "expected"),
    [
        ("0", {}, "1234", ("electricity", "Wh", 1234.0)),
        ("0", {"powerOfTenMultiplier": 3}, "12", ("electricity", "Wh", 12_000.0)),
        ("0", {"powerOfTenMultiplier": -3}, "1234567", ("electricity", "Wh", 1234.567)),
        ("0", {"powerOfTenMultiplier": None}, "7", ("electricity", "Wh", 7.0)),
        ("0", {"uom": 31, "powerOfTenMultiplier": 6}, "36", ("electricity", "MJ", 36.0)),
        ("0", {"uom": 38, "dataQualifier": 2, "powerOfTenMultiplier": 3}, "4", ("electricity", "W", 4000.0)),
        ("2", {"uom": 42, "powerOfTenMultiplier": -3}, "1500", ("water", "m³", 1.5)),
        ("2", {"uom": 134}, "250", ("water", "L", 250.0)),
        ("2", {"uom": 128}, "100", ("water", "L", 378.5411784)),
        ("2", {"uom": 130}, "100", ("water", "L", 454.609)),
        ("2", {"uom": 119}, "100", ("water", "L", 2831.6846592)),
    ],
)
def test_a_value_is_what_its_unit_and_power_of_ten_say(
    tmp_path: Path, service: str, fields: dict[str, Any], value: str, expected: tuple[Any, ...]
) -> None:
    (chunk,) = parsed(tmp_path, house(reading(0, value), service=service, **fields))

    assert (chunk.resource, *rows([chunk], "measure", "value")[0]) == expected


@pytest.mark.parametrize(
    ("service", "fields", "code", "named"),
    [
        ("1", {"uom": 169}, "SERVICE_NOT_KEPT", "gas (service kind 1)"),
        ("3", {}, "SERVICE_NOT_KEPT", "time (service kind 3)"),
        ("99", {}, "SERVICE_NOT_KEPT", "99"),
        ("", {}, "SERVICE_MISSING", POINT),
        ("0", {"uom": None}, "UNIT_MISSING", POINT),
        ("0", {"uom": 0}, "UNIT_MISSING", POINT),
        ("0", {"uom": 119}, "UNIT_WRONG", "ft³"),
        ("0", {"uom": 73}, "UNIT_WRONG", "varh"),
        ("0", {"uom": 132}, "UNIT_WRONG", "Btu"),
        ("2", {"uom": 72}, "UNIT_WRONG", "Wh"),
        ("2", {"uom": 200}, "UNIT_WRONG", "uom 200"),
        ("0", {"uom": 38}, "NOT_AN_AMOUNT", "dataQualifier"),
        ("0", {"uom": 38, "dataQualifier": 8}, "NOT_AN_AMOUNT", "8"),
        ("0", {"dataQualifier": 9}, "NOT_AN_AMOUNT", "9"),
        ("0", {"accumulationBehaviour": 12}, "NOT_AN_AMOUNT", "accumulationBehaviour"),
        ("0", {"flowDirection": 20}, "NOT_AN_AMOUNT", "flowDirection"),
        ("0", {"powerOfTenMultiplier": 400}, "MULTIPLIER_UNKNOWN", "400"),
        ("0", {"powerOfTenMultiplier": "3.5"}, "MULTIPLIER_UNKNOWN", "3.5"),
    ],
)
def test_what_is_no_amount_that_is_kept_is_refused_by_name(
    tmp_path: Path, service: str, fields: dict[str, Any], code: str, named: str
) -> None:
    (chunk,) = parsed(tmp_path, house(service=service, **fields))
    (issue,) = chunk.issues

    assert (issue.code, len(chunk.frame), chunk.refused, issue.count, issue.row_no) == (code, 0, 2, 2, 4)
    assert named in issue.template.format(**issue.data)


def test_what_a_file_leaves_out_is_taken_from_the_options_and_what_it_says_is_not(tmp_path: Path) -> None:
    silent = parsed(tmp_path, house(service="", uom=None), resource="water", measure="m³")
    telling = parsed(tmp_path, house(service="0"), resource="water", measure="m³")

    assert (silent[0].resource, rows(silent, "measure")[0]) == ("water", ("m³",))
    assert (telling[0].resource, rows(telling, "measure")[0]) == ("electricity", ("Wh",))


def test_a_commodity_says_what_the_usage_point_does_not(tmp_path: Path) -> None:
    (chunk,) = parsed(tmp_path, house(service="", commodity=9, uom=134))

    assert chunk.resource == "water"


@pytest.mark.parametrize(
    ("quality", "stored"),
    [
        ("0", 0),
        (" ", 0),
        ("17", 0),
        ("8", 1),
        ("7", 1),
        ("13", 1),
        ("10", 2),
        ("12", None),
        ("15", None),
        ("44", None),
        ("x", None),
    ],
)
def test_a_quality_is_measured_estimated_or_suspect_and_a_forecast_is_no_reading(
    tmp_path: Path, quality: str, stored: int | None
) -> None:
    told = f"<e:ReadingQuality><e:quality>{quality}</e:quality></e:ReadingQuality>"

    chunks = parsed(tmp_path, house(reading(0, more=told), reading(1)))

    assert rows(chunks, "quality") == ([(stored,), (0,)] if stored is not None else [(0,)])
    assert (sum(chunk.refused for chunk in chunks), len(codes(chunks))) == (int(stored is None), int(stored is None))


def test_the_worst_of_several_qualities_holds(tmp_path: Path) -> None:
    told = "".join(f"<e:ReadingQuality><e:quality>{one}</e:quality></e:ReadingQuality>" for one in (17, 10, 8))

    assert rows(parsed(tmp_path, house(reading(0, more=told))), "quality") == [(2,)]


def test_what_goes_to_the_grid_is_a_register_of_its_own_and_never_added(tmp_path: Path) -> None:
    both = feed(
        point(), meter_reading(1), meter_reading(2), kind(1, flowDirection=1), kind(2, flowDirection=19),
        block(reading(0, "100")), block(reading(0, "30"), number=2),
    )  # fmt: skip

    assert rows(parsed(tmp_path, both), "register", "value") == [("", 100.0), ("export", 30.0)]
    assert rows(parsed(tmp_path, house(), forward="import"), "register") == [("",), ("",)]  # its direction is not said
    named = parsed(tmp_path, both, forward="import", reverse="feed-in")
    assert rows(named, "register", "value") == [("import", 100.0), ("feed-in", 30.0)]


def test_net_readings_may_be_below_zero_and_have_their_register(tmp_path: Path) -> None:
    assert rows(parsed(tmp_path, house(reading(0, "-5"), flowDirection=4)), "register", "value") == [("net", -5.0)]


@pytest.mark.parametrize("behaviour", [1, 3, 9])
def test_a_register_that_counts_on_is_read_at_the_end_of_its_period(tmp_path: Path, behaviour: int) -> None:
    chunks = parsed(
        tmp_path,
        house(reading(0, "1000"), reading(0, "1200", step=0, start=START + 7200), accumulationBehaviour=behaviour),
    )

    assert chunks[0].kind == "cumulative"
    assert rows(chunks, "start_at", "end_at", "value") == [
        (NO_START, START + 3600, 1000.0),
        (NO_START, START + 7200, 1200.0),
    ]


def test_a_missing_duration_is_the_interval_of_its_type(tmp_path: Path) -> None:
    bare = f"<e:IntervalReading><e:timePeriod><e:start>{START}</e:start></e:timePeriod><e:value>5</e:value></e:IntervalReading>"

    assert rows(parsed(tmp_path, house(bare, intervalLength=900)), "start_at", "end_at") == [(START, START + 900)]


def test_of_hours_and_days_the_hours_count_and_the_days_are_named(tmp_path: Path) -> None:
    both = feed(
        point(), meter_reading(1), meter_reading(2), kind(1, intervalLength=86_400), kind(2, intervalLength=3600),
        block(reading(0, "240", step=86_400)), block(*(reading(hour) for hour in range(24)), number=2),
    )  # fmt: skip

    chunks = parsed(tmp_path, both)

    assert ([value for (value,) in rows(chunks, "value")], codes(chunks)) == ([10.0] * 24, ["SERIES_COARSER"])
    assert [(chunk.blank, chunk.refused) for chunk in chunks] == [(1, 0)]


def test_of_two_series_that_cannot_be_told_apart_none_is_taken(tmp_path: Path) -> None:
    both = feed(
        point(), meter_reading(1), meter_reading(2), kind(1, phase=64), kind(2, phase=128),
        block(reading(0, "1")), block(reading(0, "2"), number=2),
    )  # fmt: skip

    chunks = parsed(tmp_path, both)

    assert (rows(chunks, "value"), codes(chunks)) == ([], ["SERIES_TWICE"] * 2)


def test_series_of_different_times_are_both_taken(tmp_path: Path) -> None:
    both = feed(
        point(), meter_reading(1), meter_reading(2), kind(1), kind(2),
        block(reading(0, "1")), block(reading(5, "2"), number=2),
    )  # fmt: skip

    assert rows(parsed(tmp_path, both), "value") == [(1.0,), (2.0,)]


def test_each_interval_may_be_a_bill_with_its_cost(tmp_path: Path) -> None:
    months = [reading(n, "300", step=2_592_000, more=cost) for n, cost in enumerate(("<e:cost>5100000</e:cost>", ""))]

    (chunk,) = parsed(tmp_path, house(*months, powerOfTenMultiplier=3, currency=840), bills=True)
    (unpriced,) = parsed(tmp_path, house(*months), bills=True)

    assert (chunk.kind, chunk.frame["amount"].fillna(-1).tolist(), set(chunk.frame["currency"])) == (
        "bill",
        [51.0, -1.0],
        {"USD"},
    )
    assert unpriced.frame["amount"].isna().all()


def test_the_name_of_a_meter_is_the_path_its_title_or_what_the_options_say(tmp_path: Path) -> None:
    far = "https://data.example.org/espi/1_1/resource/Subscription/5/UsagePoint/9?x=1#y"
    text = feed(point(own=far, title=" 1  Main St "), kind(), block(reading(0), of=far))
    bare = feed(
        entry("", "<e:UsagePoint><e:ServiceCategory><e:kind>0</e:kind></e:ServiceCategory></e:UsagePoint>"),
        kind(),
        block(reading(0)),
    )

    assert rows(parsed(tmp_path, text), "meter") == [("Subscription/5/UsagePoint/9?x=1#y",)]
    assert rows(parsed(tmp_path, text, names="title"), "meter") == [("1 Main St",)]
    assert rows(parsed(tmp_path, text, meter="E-1"), "meter") == [("E-1",)]
    assert (codes(parsed(tmp_path, bare)), rows(parsed(tmp_path, bare, meter="E-1"), "meter")) == (
        ["METER_UNNAMED"],
        [("E-1",)],
    )


def test_one_named_meter_is_not_that_of_several_usage_points(tmp_path: Path) -> None:
    other = POINT.replace("/1", "/2")
    text = feed(
        point(),
        point(own=other),
        meter_reading(),
        meter_reading(of=other),
        kind(),
        block(reading(0)),
        block(reading(0), of=other),
    )

    assert codes(parsed(tmp_path, text, meter="E-1")) == ["METER_SEVERAL"] * 2
    assert rows(parsed(tmp_path, text), "meter") == [(POINT,), (other,)]
