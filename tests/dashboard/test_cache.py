"""A finished page is shared only among readers of the same scope, and only as long as the data stand."""

import pytest
from dash import html

from dashboard.cache import PAGES, Cache, key
from monitor.database.state import bump_data_version
from tests.dashboard.conftest import Web
from tests.dashboard.test_pages import reading


class Clock:
    """A clock that moves when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_page_is_made_once_and_again_when_its_time_is_over() -> None:
    clock, made = Clock(), []
    cache = Cache(clock=clock, seconds=30)

    def make() -> html.Div:
        made.append(clock.now)
        return html.Div()

    for clock.now in (0.0, 29.0, 30.0, 31.0):
        cache.get("page", make)

    assert made == [0.0, 30.0]


def test_a_failure_is_not_kept() -> None:
    cache, tries = Cache(), []

    def make() -> html.Div:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("first")
        return html.Div("second")

    with pytest.raises(ValueError, match="first"):
        cache.get("page", make)

    assert cache.get("page", make).children == "second"


def test_the_oldest_page_gives_way() -> None:
    cache = Cache()
    for number in range(PAGES + 1):
        cache.get(number, lambda: html.Div("old"))

    assert cache.get(0, lambda: html.Div("new")).children == "new"
    assert cache.get(PAGES, lambda: html.Div("new")).children == "old"


def test_everything_that_a_page_hangs_on_is_in_its_key(web: Web) -> None:
    seen = []
    for login, language, theme in (
        ("admin", "zh", "light"),
        ("admin", "zh", "light"),
        ("admin", "en", "light"),
        ("admin", "zh", "dark"),
        ("own", "zh", "light"),
        ("parent", "zh", "light"),
        ("stranger", "zh", "light"),
    ):
        with reading(web, login, language, theme) as here:
            seen.append(key(here, "page", {"unit": "finance"}))
    with reading(web) as here:
        seen.append(key(here, "page", {"unit": "education"}))
        seen.append(key(here, "other", {"unit": "finance"}))

    assert seen[0] == seen[1]
    assert len(set(seen)) == 8


def test_a_business_write_makes_every_kept_page_old(web: Web) -> None:
    with reading(web) as here:
        before = key(here, "page", {})
        with web.database.session(write=True) as session:
            bump_data_version(session)

        assert key(here, "page", {}) != before
