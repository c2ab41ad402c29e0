"""kill -9 at named and at random moments of an import: nothing is lost, nothing is doubled, and the next start goes on by itself.

The tests of `test_killed_imports_sqlite` and `test_killed_imports_postgresql`, which run beside each other.
"""

import os
import random
import signal
import time
from typing import Any

import pytest

from tests.durability.child import POINTS, tick
from tests.durability.ground import DAYS, METERS, Ground, state

RANDOM = int(os.environ.get("JIEYUE_KILLS", "18"))  # for each database; with the named moments fifty kills in all
Undisturbed = tuple[dict[str, Any], float]


@pytest.fixture(scope="module")
def undisturbed(ground: Ground) -> Undisturbed:
    """What an import leaves that nobody kills, and the seconds from its start to its end."""
    with ground.copy() as trial:
        child = trial.fork(tick)
        assert child.said() == "ready"
        began = time.monotonic()
        assert child.said() == "done"
        took = time.monotonic() - began
        found = state(trial)
    assert len(found["readings"]) == len(METERS) * (DAYS + 3) * 96
    assert (found["open"], found["unfinished"], found["alerts"], len(found["done"])) == (0, 0, 0, 2)
    return found, took


@pytest.mark.parametrize("where", POINTS)
def test_an_import_killed_there_is_whole_after_the_next_start(
    ground: Ground, undisturbed: Undisturbed, where: str
) -> None:
    with ground.copy() as trial:
        child = trial.fork(tick, where, 1 if where in {"claimed", "before the outcome"} else 2)
        assert child.end() == -signal.SIGKILL

        trial.go_on()

        assert state(trial) == undisturbed[0]


@pytest.mark.parametrize("seed", range(RANDOM))
def test_an_import_killed_at_a_random_moment_is_whole_after_the_next_start(
    ground: Ground, undisturbed: Undisturbed, seed: int
) -> None:
    with ground.copy() as trial:
        child = trial.fork(tick)
        assert child.said() == "ready"
        child.end(random.Random(seed).uniform(0, undisturbed[1]))
        child.close()

        trial.go_on()

        assert state(trial) == undisturbed[0]


@pytest.mark.parametrize("where", ["document kept", "between two parts"])
def test_a_frozen_import_that_wakes_after_another_took_over_writes_nothing(
    ground: Ground, undisturbed: Undisturbed, where: str
) -> None:
    with ground.copy() as trial:
        child = trial.fork(tick, where, 1, signal.SIGSTOP)
        child.frozen()
        trial.go_on()
        before = state(trial)

        child.send(signal.SIGCONT)
        child.end()

        assert before == undisturbed[0]
        assert state(trial) == before
