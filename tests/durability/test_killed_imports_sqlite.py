"""Killed imports on SQLite; see `killed`."""

import pytest

from tests.durability.ground import Ground, prepare
from tests.durability.killed import (
    test_a_frozen_import_that_wakes_after_another_took_over_writes_nothing,
    test_an_import_killed_at_a_random_moment_is_whole_after_the_next_start,
    test_an_import_killed_there_is_whole_after_the_next_start,
    undisturbed,
)

__all__ = [
    "test_a_frozen_import_that_wakes_after_another_took_over_writes_nothing",
    "test_an_import_killed_at_a_random_moment_is_whole_after_the_next_start",
    "test_an_import_killed_there_is_whole_after_the_next_start",
    "undisturbed",
]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare("sqlite", tmp_path_factory.mktemp("durable") / "ground")
