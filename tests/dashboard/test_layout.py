"""What pages are made of: an empty chart is a sentence, a notice leads on, long sentences become cards, a status is one light."""

import re

import pytest

from dashboard import context
from dashboard.components import status
from dashboard.components.layout import graph, notice
from dashboard.components.tables import Column, Table, table
from tests.dashboard.conftest import Web
from tests.dashboard.test_pages import reading, text

GAP = {"x": ["2026-01", "2026-02"], "y": [None, None], "type": "bar"}


@pytest.mark.parametrize(
    ("trace", "drawn"),
    [
        (GAP, False),
        (GAP | {"y": [None, 0]}, True),  # nothing used is a figure
        ({"z": [[None, None], [None]], "x": [1, 2], "y": [1, 2], "type": "heatmap"}, False),
        ({"z": [[None, 3.5]], "type": "heatmap"}, True),
        ({"x": [None], "y": ["a unit"], "orientation": "h", "type": "bar"}, False),
        ({"x": [-2.5], "y": ["a unit"], "orientation": "h", "type": "bar"}, True),
    ],
)
def test_a_chart_without_a_figure_is_a_sentence_that_leads_on(web: Web, trace: dict[str, object], drawn: bool) -> None:
    with reading(web):
        shown = text(graph({"data": [trace], "layout": {}}, "label", context.current()))

    assert ('"type": "Graph"' in shown) is drawn
    assert ('"href": "/data"' in shown) is not drawn


def test_a_notice_is_the_head_of_its_page_quotes_its_code_and_leads_on(web: Web) -> None:
    with reading(web):
        shown = text(notice(context.current(), "NOT_FOUND", "Nothing here."))

    assert re.search(r'"children": "Nothing here\."\}?,? ?.*"H1"', shown)
    assert "NOT_FOUND" in shown
    assert '"href": "/"' in shown


@pytest.mark.parametrize(
    ("cell", "wordy"),
    [
        ("On track", False),
        ("数据不足，不评价", False),
        ("截至目前数据覆盖率仅 92.7%，要求不低于 95.0%，故不评价。", True),
        (None, False),
    ],
)
def test_a_table_with_sentences_says_so_and_any_table_has_a_name(cell: str | None, wordy: bool) -> None:
    shown = table(Table((Column("Unit"), Column("Reason")), [("finance", cell)]), "zh")

    assert shown.className == ("scroll wordy" if wordy else "scroll")
    assert getattr(shown, "aria-label") == "Unit · Reason"


def test_no_target_is_a_light_of_its_own() -> None:
    light = status.light(None, "en", "/unit?unit=finance")

    assert (light["sign"], light["word"], light["pace"], light["why"]) == ("–", "No target", "", "")
    assert light["rank"] == status.NO_TARGET.rank
