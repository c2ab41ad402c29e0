"""What is kept of pages: made once, as long as the data stand, no longer behind than said, and no more than fits."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from dashboard.cache import AGAIN, AGAIN_BESIDE, BESIDE, KEPT, Answer, Cache
from dashboard.context import Standing


@dataclass
class Kitchen:
    """A cache whose clock moves when told, and whose renewing happens when told; `stand` is how the data stand."""

    now: float = 0.0
    stand: Standing = field(default_factory=lambda: Standing(1, 1))
    made: int = 0
    waiting: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = Cache(clock=lambda: self.now, beside=self.waiting.append)

    def make(self) -> Answer:
        self.made += 1
        return Answer(f"{self.made}".encode(), self.stand)

    def ask(self) -> str:
        return self.cache.get("page", self.stand, self.make).packed.decode()

    def renew(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def test_a_page_is_made_once_while_nothing_is_written() -> None:
    kitchen = Kitchen()

    for kitchen.now in (0.0, 1.0, AGAIN - 1):
        assert kitchen.ask() == "1"

    assert kitchen.waiting == []


def test_a_page_that_grew_old_is_given_once_more_and_made_anew_beside() -> None:
    kitchen = Kitchen()
    kitchen.ask()
    kitchen.now = AGAIN

    assert [kitchen.ask(), kitchen.ask()] == ["1", "1"]
    assert len(kitchen.waiting) == 1
    kitchen.renew()
    assert (kitchen.ask(), kitchen.waiting) == ("2", [])


def test_a_page_that_nobody_asked_for_is_not_kept_for_ever() -> None:
    kitchen = Kitchen()
    kitchen.ask()
    kitchen.now = KEPT

    assert kitchen.ask() == "2"


def test_what_somebody_did_is_on_the_next_page_of_everybody() -> None:
    kitchen = Kitchen()
    kitchen.ask()
    kitchen.now, kitchen.stand = 0.1, Standing(2, 2)

    assert kitchen.ask() == "2"
    assert kitchen.waiting == []


def test_a_page_is_at_most_so_far_behind_an_import() -> None:
    kitchen = Kitchen()
    kitchen.ask()
    seen = {}
    for second in range(1, int(3 * BESIDE)):
        kitchen.now, kitchen.stand = float(second), Standing(1 + second, 1)  # a part each second, nobody's act
        seen[second] = kitchen.ask()  # nothing is renewed beside, as where the machine is too busy

    assert {second for second, page in seen.items() if page == "1"} == set(range(1, int(BESIDE)))
    assert kitchen.made == 3


def test_beside_an_import_nobody_waits_for_a_page_that_is_asked_for() -> None:
    kitchen = Kitchen()
    kitchen.ask()
    ages = []
    for second in range(1, 60):
        kitchen.now, kitchen.stand = float(second), Standing(1 + second, 1)
        before = kitchen.made
        kitchen.ask()
        assert kitchen.made == before  # whoever asked did not have to wait for it
        kitchen.renew()
        ages.append(kitchen.made)

    assert kitchen.made == 1 + 59 // AGAIN_BESIDE


def test_who_asks_while_the_next_page_is_being_made_gets_the_last_unless_somebody_has_acted() -> None:
    kitchen, given = Kitchen(), []
    kitchen.ask()
    kitchen.now, kitchen.stand = BESIDE, Standing(2, 1)

    def make() -> Answer:
        given.append(kitchen.ask())
        assert kitchen.cache._last("page", Standing(3, 2)) is None
        return Answer(b"next", kitchen.stand)

    assert kitchen.cache.get("page", kitchen.stand, make).packed == b"next"
    assert given == ["1"]


def test_a_page_kept_for_long_counts_as_behind_only_since_it_was_last_seen_to_be_current() -> None:
    kitchen = Kitchen()
    kitchen.ask()
    kitchen.now = 100.0
    assert kitchen.ask() == "1"
    kitchen.waiting.clear()  # the machine has not come to it
    kitchen.stand = Standing(2, 1)

    for kitchen.now in (101.0, 99.0 + BESIDE):
        assert kitchen.ask() == "1"
    kitchen.now = 100.0 + BESIDE
    assert kitchen.ask() == "2"


def test_a_reader_who_came_before_an_edit_may_have_the_page_made_after_it() -> None:
    kitchen = Kitchen()
    before, kitchen.stand = kitchen.stand, Standing(2, 2)
    kitchen.ask()

    assert kitchen.cache.get("page", before, kitchen.make).packed == b"1"


def test_a_failure_is_not_kept() -> None:
    cache, tries = Cache(), []

    def make() -> Answer:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("first")
        return Answer(f"{len(tries)}".encode(), Standing(), whole=len(tries) > 2)

    with pytest.raises(ValueError, match="first"):
        cache.get("page", Standing(), make)

    assert [cache.get("page", Standing(), make).packed for _ in range(3)] == [b"2", b"3", b"3"]


def test_a_page_that_cannot_be_renewed_stays_until_its_time_is_over(caplog: pytest.LogCaptureFixture) -> None:
    kitchen = Kitchen()
    kitchen.ask()
    kitchen.now = AGAIN

    def fail() -> Answer:
        raise ValueError("no")

    assert kitchen.cache.get("page", kitchen.stand, fail).packed == b"1"
    kitchen.renew()
    assert "a page could not be renewed" in caplog.text
    assert kitchen.ask() == "1"
    assert len(kitchen.waiting) == 1


def test_all_kept_pages_together_take_no_more_than_their_room() -> None:
    cache = Cache(most=1000)

    def page(number: int, size: int) -> bytes:
        return cache.get(number, Standing(), lambda: Answer(bytes([number]) * size, Standing())).packed

    for number in range(10):
        page(number, 100)
    page(0, 100)
    page(10, 300)  # the three that were used longest ago give way

    assert [page(number, 1)[:1] * len(page(number, 1)) for number in (0, 4, 10)] == [
        b"\0" * 100,
        b"\4" * 100,
        b"\n" * 300,
    ]
    assert len(page(1, 50)) == 50
    page(11, 2000)  # larger than all the room: sent, not kept
    assert len(page(11, 1)) == 1


def test_of_many_who_ask_for_the_same_one_makes_it() -> None:
    cache, made, asked = Cache(), [], threading.Barrier(8)

    def make() -> Answer:
        made.append(1)
        return Answer(b"page", Standing())

    def ask() -> None:
        asked.wait()
        assert cache.get("page", Standing(), make).packed == b"page"

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [1]


def test_pages_are_renewed_in_a_thread_of_their_own() -> None:
    now, names, done = [0.0], [], threading.Event()
    cache = Cache(clock=lambda: now[0])

    def make() -> Answer:
        names.append(threading.current_thread().name)
        if len(names) > 1:
            done.set()
        return Answer(b"page", Standing())

    for now[0] in (0.0, AGAIN):
        cache.get("page", Standing(), make)

    assert done.wait(30)
    assert names == [threading.current_thread().name, "pages"]
