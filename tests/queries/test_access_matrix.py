"""Generated: every public query and service, asked by nobody, a person without a role, the own unit about another, a viewer and the admin.

A new function is asked from the day it is there: it must refuse (NotFound, Forbidden) or give nothing to who may not see the
unit `b`. What it is called with stands in matrix.py; what differs from that rule is declared below, by name.
"""

import inspect
from typing import Any

import pandas as pd
import pytest
from sqlalchemy.orm import Session

from monitor.domain.access import NOBODY, Actor
from monitor.errors import Forbidden, JieyueError, NotFound
from monitor.queries import scope
from tests.queries.conftest import World, person
from tests.queries.matrix import arguments, public, things

# No actor: pure helpers, what sign-in itself needs, and what only trusted code below the pages calls.
WITHOUT_ACTOR = {
    "accounts.adopt_roots",
    "accounts.authenticate",
    "accounts.close_all_sessions",
    "accounts.close_session",
    "accounts.hashed",
    "accounts.first_admin",
    "accounts.new_password",
    "accounts.open_session",
    "accounts.try_password",
    "admin.readable",
    "alerts.named",
    "alerts.said",
    "channels.masked",
    "identities.password_allowed",
    "identities.sign_in",
    "operations.next_run",
    "organisation.founder",
    "passwords.check",
    "passwords.fingerprint",
    "passwords.leaked",
    "scope.actor_for",
    "scope.actor_of",
    "scope.facts_on",
    "scope.load_facts",
    "scope.name",
    "settings.effective",
    "setup.load_site",
    "setup.parse_part",
    "setup.parse_site",
    "sources.check_clock",
    "sources.check_ping",
    "targets.default_as_of",
    "template.blank",
    "targets.in_force",
    "tokens.find",
    "version.data_version",
    "version.standing",
    "visits.find",
}
# A tree is an object, never empty: its own test is below.
OF_A_TREE = {"scope.require_unit", "scope.visible_tree"}
# Answered for everybody, each with what belongs to the asker alone: never a word of a unit beside the own.
OWN_PART = {
    "alerts.counts",
    "alerts.listed",
    "alerts.unit_codes",
    "billing.tolerance",
    "comparison.compare",
    "inventory.meters",
    "plan.plan",
    "quotas.in_force",
    "reports.archive",
    "scope.units",
    "targets.board",
    "tokens.create",  # a token of one's own
    "tokens.own",
}
# Services that a viewer may call: they read, or make what is the viewer's own.
FOR_VIEWERS = {
    "reports.archive",
    "reports.fetch",
    "reports.fetch_file",
    "reports.find",
    "reports.keep_file",
    "reports.latest",
    "tokens.create",
    "tokens.own",
}
SECRETS = ("乙局", "Bureau B", "'tap'", "'T-1'", "秘密")
FUNCTIONS = public()
ASKED = sorted(
    name for name, f in FUNCTIONS.items() if "actor" in inspect.signature(f).parameters and name not in OF_A_TREE
)
ROOMS = sorted({name.partition(".")[0] for name in ASKED})


def nothing(result: object) -> bool:
    """Tell whether an answer holds nothing: empty, None, False, zero, or a count of nothing."""
    if isinstance(result, pd.DataFrame):
        return result.empty
    if isinstance(result, dict):
        return not any(result.values())
    rows = getattr(result, "rows", None)
    return not result or (rows is not None and len(rows) == 0)


class Answers:
    """What each person gets of each function of a room, every call undone."""

    def __init__(self, world: World, room: str) -> None:
        self.world = world
        self.names = [name for name in ASKED if name.partition(".")[0] == room]
        self.given = things(world)

    def of(self, name: str, actor: Actor) -> tuple[str, Any]:
        """Give (how, answer): refused, empty, failed with another error of ours, or given."""
        session: Session = self.world.session
        undo = session.begin_nested()
        try:
            found = FUNCTIONS[name](**arguments(FUNCTIONS[name], actor, self.given, self.world))
        except (NotFound, Forbidden):
            return "refused", None
        except JieyueError as error:
            return f"failed: {error.code}", None
        else:
            return ("empty" if nothing(found) else "given"), found
        finally:
            if undo.is_active:
                undo.rollback()

    def wrong(self, actor: Actor, *, names: list[str] | None = None) -> dict[str, str]:
        """Name the functions that neither refused nor gave nothing, with what they did."""
        found = {name: self.of(name, actor)[0] for name in (self.names if names is None else names)}
        return {name: how for name, how in found.items() if how not in {"refused", "empty"}}


def test_functions_that_ask_for_no_actor_are_a_spoken_few() -> None:
    assert {name for name, f in FUNCTIONS.items() if "actor" not in inspect.signature(f).parameters} == WITHOUT_ACTOR


def test_what_is_declared_here_is_still_there() -> None:
    assert sorted((OWN_PART | FOR_VIEWERS | OF_A_TREE) - set(FUNCTIONS)) == []


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_and_a_person_without_a_role_get_nothing(room: str, world: World) -> None:
    answers = Answers(world, room)
    loner = person(world.session, "loner", None)

    assert {who.login: answers.wrong(who) for who in (NOBODY, loner)} == {"": {}, "loner": {}}


@pytest.mark.parametrize("room", ROOMS)
def test_a_person_learns_nothing_of_a_unit_beside_the_own(room: str, world: World) -> None:
    answers = Answers(world, room)
    others = [name for name in answers.names if name not in OWN_PART]
    told = {
        name: [word for word in SECRETS if word in repr(answers.of(name, world.own)[1])]
        for name in answers.names
        if name in OWN_PART
    }

    assert answers.wrong(world.own, names=others) == {}
    assert {name: words for name, words in told.items() if words} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_viewer_of_the_whole_changes_nothing(room: str, world: World) -> None:
    answers = Answers(world, room)
    viewer = person(world.session, "viewer", world.units["hq"])
    writes = [
        n for n in answers.names if FUNCTIONS[n].__module__.startswith("monitor.services") and n not in FOR_VIEWERS
    ]

    assert answers.wrong(viewer, names=writes) == {}


@pytest.mark.parametrize("room", ROOMS)
def test_the_admin_reads_what_the_others_were_refused(room: str, world: World) -> None:
    answers = Answers(world, room)
    reads = [name for name in answers.names if FUNCTIONS[name].__module__.startswith("monitor.queries")]

    assert {name: how for name in reads if (how := answers.of(name, world.parent)[0]) not in {"given", "empty"}} == {}


def test_the_tree_that_a_person_sees_is_the_own_part(world: World) -> None:
    assert scope.units(world.session, NOBODY) == []
    assert scope.visible_tree(world.session, world.own) is not None
    assert {row.id for row in scope.units(world.session, world.own)} == {world.units["a1"]}
