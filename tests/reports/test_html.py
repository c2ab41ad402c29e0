"""The page: self-contained, inert whatever names are, whole in both languages, its figures those of the data."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor import i18n
from monitor.reports import monthly
from monitor.reports.html import render
from monitor.reports.numbers import fraction
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import HOSTILE, KWH, NOW

LANGUAGES = ("zh", "en")


def page(city: City, unit: str, language: str) -> str:
    with city.database.session() as session:
        data = monthly.build(session, city.people["parent"], city.units[unit], OCTOBER, now=NOW)
    return render(data, language, version=1, made_at=NOW).decode()


class Reader(HTMLParser):
    """Collects tags with their attributes, and the text outside of style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, _: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside != "style" and data.strip():
            self.words.append(data.strip())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_asks_nothing_of_any_network(city: City, language: str) -> None:
    text = page(city, "city", language)
    reader = Reader(text)
    fetching = [
        (tag, name)
        for tag, attributes in reader.tags
        for name in attributes
        if name in {"src", "href", "srcset", "action", "background", "xlink:href"}
    ]

    assert fetching == []
    assert {tag for tag, _ in reader.tags} & {"script", "link", "iframe", "img", "object", "form", "base"} == set()
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert re.findall(r"@import|url\(\s*['\"]?(?!#)", styles) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_text_and_nothing_else(city: City, language: str) -> None:
    for unit in ("city", "hostile"):
        reader = Reader(page(city, unit, language))

        assert [word for word in reader.words if HOSTILE in word] != []
        assert {name for _, attributes in reader.tags for name in attributes if name.startswith("on")} == set()


def test_a_chinese_report_has_no_english_sentence_left(city: City) -> None:
    text = page(city, "city", "zh")
    spoken = " ".join(Reader(text).words).replace(HOSTILE, "")
    allowed = {"kWh", "m", "SHA", "E", "W"}

    words = set(re.findall(r"[A-Za-z]{2,}", spoken)) - allowed
    assert sorted(word for word in words if not re.fullmatch(r"[0-9a-f]+", word)) == []


def test_an_english_report_has_no_chinese_left(city: City) -> None:
    text = page(city, "city", "en")

    assert re.findall(r"[\u4e00-\u9fff]+", " ".join(Reader(text).words)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_prints_the_figures_of_the_data(city: City, language: str) -> None:
    words = " ".join(Reader(page(city, "finance", language)).words)

    for quantity in (31 * 90 * KWH, 304 * 90 * KWH, 365 * 97 * KWH, 31 * 10 * KWH):
        assert words.count(i18n.quantity(quantity, "electricity", language, measure=False)) > 0


def test_the_same_data_give_the_same_bytes(city: City) -> None:
    assert page(city, "city", "zh") == page(city, "city", "zh")


def test_a_draft_says_that_it_is_one(city: City) -> None:
    with city.database.session() as session:
        data: dict[str, Any] = monthly.build(session, city.people["parent"], city.units["school"], OCTOBER, now=NOW)
    words = " ".join(Reader(render(data, "en").decode()).words)

    assert words.count("draft, not archived") == 1


def test_what_is_not_wholly_covered_never_shows_as_all_of_it(city: City) -> None:
    from monitor.reports.commentary import covered

    assert [covered(pair, "en") for pair in ([1, 1], [9_999_999, 10_000_000], [95, 100], None)] == [
        "100.0%",
        "99.9%",
        "95.0%",
        "–",
    ]


def test_a_target_that_is_not_judged_shows_neither_pace_nor_forecast(city: City) -> None:
    with city.database.session() as session:
        data = monthly.build(session, city.people["parent"], city.units["silent"], OCTOBER, now=NOW)
    (target,) = data["resources"][0]["targets"]
    words = " ".join(Reader(render(data, "en").decode()).words)

    assert target["status"] == "not_judged"
    assert words.count(i18n.percent(fraction(target["pace"]), "en")) == 0
    assert words.count(i18n.quantity(target["forecast"], "electricity", "en", measure=False)) == 0
    assert words.count("is used up on") == 0
