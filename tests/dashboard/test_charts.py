"""Charts are plain dictionaries; what is missing stays empty."""

import json

import pytest

from dashboard.components import charts, marks
from dashboard.components.look import INK
from dashboard.components.waterfall import waterfall

NAMES = ("used", "path", "forecast")
BAND = ("2026-01-02", "2026-12-31", 90.0, 100.0, 110.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_gap_is_never_zero(theme: str) -> None:
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    drawn = charts.cumulative(days, [1.0, None, 2.0], ([], []), names=NAMES, measure="kWh", theme=theme)

    assert drawn["data"] == [
        {
            "x": days,
            "y": [1.0, None, 2.0],
            "type": "scatter",
            "mode": "lines",
            "line": {"color": INK[theme]["main"], "width": 3},
            "name": "used",
            "connectgaps": False,
        }
    ]


def test_the_forecast_fans_out_from_the_last_known_value() -> None:
    drawn = charts.cumulative(
        ["2026-01-01", "2026-01-02"], [5.0, None], ([], []), names=NAMES, measure="kWh", theme="light", band=BAND
    )

    assert drawn["data"][0]["x"] == ["2026-01-02", "2026-12-31", "2026-12-31", "2026-01-02"]
    assert drawn["data"][0]["y"] == [5.0, 110.0, 90.0, 5.0]
    assert drawn["data"][1]["y"] == [5.0, 100.0]


def test_without_any_reading_there_is_no_forecast_drawn() -> None:
    drawn = charts.cumulative(["2026-01-01"], [None], ([], []), names=NAMES, measure="kWh", theme="light", band=BAND)

    assert [trace["name"] for trace in drawn["data"]] == ["used"]


def test_the_year_before_is_hatched_not_only_paler() -> None:
    before, now = charts.months(["1"], [1.0], [2.0], names=("2026", "2025"), measure="kWh", theme="light")["data"]

    assert (before["name"], before["marker"]["pattern"]["shape"]) == ("2025", "/")
    assert (now["name"], "pattern" in now["marker"]) == ("2026", False)


def test_a_missing_cell_of_a_heat_map_stays_empty() -> None:
    trace = charts.heat(["1", "2"], ["a"], [[None, 3.0]], measure="kWh", theme="dark")["data"][0]

    assert trace["z"] == [[None, 3.0]]
    assert trace["hoverongaps"] is False


def test_a_chart_names_its_measure() -> None:
    assert (
        charts.months([], [], [], names=("", ""), measure="m³", theme="light")["layout"]["yaxis"]["title"]["text"]
        == "m³"
    )


def test_a_figure_goes_to_the_browser_as_it_is() -> None:
    figure = charts.heat(["1"], ["a"], [[1.0]], measure="kWh", theme="light")

    assert json.loads(json.dumps(figure)) == figure


def test_marks_stand_in_rows_below_the_axis_with_sign_name_and_what_they_say() -> None:
    drawn = charts.months(["1", "2"], [1.0, 2.0], [2.0, 1.0], names=("b", "a"), measure="kWh", theme="light")
    rows = [
        marks.Row("Meters", "diamond", [marks.Mark("1", "1", ["replaced <b>"])]),
        marks.Row("No data", "line-ns-open", [marks.Mark("1", "2", ["a", "b"])]),
    ]
    found = marks.with_marks(drawn, rows, theme="light", height=300)
    swapped, hole = found["data"][2:]

    assert found["data"][:2] == drawn["data"]
    assert (swapped["x"], swapped["y"], swapped["marker"]["symbol"]) == (["1", None], [1, None], "diamond")
    assert swapped["text"] == ["replaced &lt;b&gt;", ""]
    assert (hole["x"], hole["y"], hole["text"]) == (["1", "2", None], [0, 0, None], ["a<br>b", "a<br>b", ""])
    assert found["layout"]["yaxis2"]["ticktext"] == ["No data", "Meters"]
    assert marks.with_marks(drawn, [], theme="light", height=300) is drawn


def test_a_waterfall_stands_on_what_came_before_and_ends_where_it_says() -> None:
    drawn = waterfall(
        ["then", "people", "rest", "now"],
        [100.0, 10.0, -30.0, 80.0],
        ["100", "+10", "-30", "80"],
        theme="light",
    )
    line, bars, figures = drawn["data"]

    assert (bars["base"], bars["x"]) == ([0.0, 100.0, 110.0, 0.0], [100.0, 10.0, -30.0, 80.0])
    assert line["x"] == [100.0, 100.0, None, 110.0, 110.0, None, 80.0, 80.0, None]
    assert line["y"][-3:] == ["rest", "now", None]
    assert (figures["x"], figures["text"]) == ([100.0, 110.0, 110.0, 80.0], [" 100", " +10", " -30", " 80"])
    assert {trace["type"] for trace in drawn["data"]} == {"bar", "scatter"}
