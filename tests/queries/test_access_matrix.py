"""Generated: every public query and service, asked by nobody, a stranger, the own unit about another, and the admin."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

import monitor.queries
import monitor.services
from monitor.database.tables import (
    Correction,
    Estimate,
    ImportIssue,
    ImportRun,
    Reading,
    Register,
    Report,
    Source,
    Target,
    User,
)
from monitor.domain.access import NOBODY, Actor
from monitor.domain.periods import Month, to_day
from monitor.errors import Forbidden, NotFound
from monitor.services import accounts
from tests.queries import admin_arguments, edits
from tests.queries.conftest import NOW, World

# No actor: pure helpers, what sign-in itself needs, and what only trusted code below the pages calls.
WITHOUT_ACTOR = {
    "accounts.adopt_roots",
    "accounts.authenticate",
    "accounts.close_all_sessions",
    "accounts.close_session",
    "accounts.find_session",
    "accounts.first_admin",
    "accounts.new_password",
    "accounts.open_session",
    "admin.readable",
    "operations.next_run",
    "organisation.founder",
    "scope.actor_for",
    "scope.facts_on",
    "scope.load_facts",
    "scope.name",
    "settings.effective",
    "setup.load_site",
    "setup.parse_part",
    "setup.parse_site",
    "sources.check_clock",
    "targets.default_as_of",
    "targets.in_force",
    "version.data_version",
}
OF_A_TREE = {"scope.require_unit", "scope.visible_tree"}  # a tree is an object, never empty: its own test is below


def _public() -> dict[str, Callable[..., Any]]:
    found = {}
    for package in (monitor.queries, monitor.services):
        for info in pkgutil.iter_modules(package.__path__):
            if not info.name.startswith("_"):
                module = importlib.import_module(f"{package.__name__}.{info.name}")
                for name, function in inspect.getmembers(module, inspect.isfunction):
                    if function.__module__ == module.__name__ and not name.startswith("_"):
                        found[f"{info.name}.{name}"] = function
    return found


FUNCTIONS = _public()
ASKED = sorted(
    name for name, f in FUNCTIONS.items() if "actor" in inspect.signature(f).parameters and name not in OF_A_TREE
)


def _things(world: World) -> dict[str, Any]:
    """Put one of everything into the unit `b`, so that there is something that could leak."""
    session = world.session
    register = session.query(Register.id).filter(Register.meter_id == world.meters["tap"]).scalar()
    source = Source(code="s", name_zh="源", name_en="Source", kind="tabular", options={"secret": "x"}, created_at=NOW)
    session.add(source)
    session.flush()
    unit = world.units["b"]
    overlay = {"reason": "r", "actor": "x", "created_at": NOW}
    rows = {
        "run_id": ImportRun(source_id=source.id, state="done", trigger="hand", started_at=NOW, rows_read=7),
        "correction_id": Correction(register_id=register, operation="void", start_at=0, end_at=1, **overlay),
        "estimate_id": Estimate(
            meter_id=world.meters["tap"], start_day=date(2026, 1, 5), end_day=date(2026, 1, 6), quantity=1, **overlay
        ),
        "target_id": Target(
            unit_id=unit,
            resource="water",
            indicator="total",
            year=2026,
            baseline_year=2025,
            reduction=1,
            created_at=NOW,
        ),
        "report_id": Report(
            unit_id=unit, period="2026-01", language="zh", data="{}", sha256="0", html=b"secret", created_at=NOW
        ),
    }
    session.add_all(rows.values())
    session.flush()
    run = rows["run_id"].id
    reading = {"start_at": None, "value": 1, "quality": 0, "run_id": run, "row_no": 1}
    session.add(Reading(register_id=register, end_at=to_day(date(2026, 1, 5)) * 86_400 + 3600, **reading))
    issue = {"severity": "refused", "code": "NOT_A_NUMBER", "template": "secret", "file": "f"}
    session.add(ImportIssue(run_id=run, row_no=1, **issue))
    world.days("tap", [1000])
    return {
        "unit_id": unit,
        "meter_id": world.meters["tap"],
        "register_id": register,
        "source_id": source.id,
        **{name: row.id for name, row in rows.items()},
    }


def _arguments(function: Callable[..., Any], actor: Actor, things: dict[str, Any], world: World) -> dict[str, Any]:
    user = world.session.query(User.id).filter(User.login == "stranger").scalar()
    day = to_day(date(2026, 1, 5))
    at_days = "days" in function.__module__ or "queries" in function.__module__
    known = {
        "session": world.session,
        "actor": actor,
        "resource": "water",
        "start": day if at_days else NOW,
        "end": day + 1 if at_days else NOW,
        "year": 2026,
        "baseline_year": 2025,
        "reduction": 50_000,
        "day": day,
        "code": "b",
        "login": "own",
        "name": "New",
        "password": "a long enough password 1",
        "user_id": user,
        "role": "viewer",
        "disabled": True,
        "enabled": False,
        "rule": "source_late",
        "subject": "s",
        "at": 1_767_225_600,
        "value": 1,
        "quantity": 1,
        "reason": "because",
        "month": Month(2026, 1),
        "language": "zh",
        "data": {},
        "render": lambda *_: b"",
        "to": ["a@example.org"],
        "now": NOW,
        "spec": importlib.import_module("monitor.services.setup").parse_site({}),
        "check": lambda *_: None,
        **things,
        **edits.arguments(function),
        **admin_arguments.arguments(function),
    }
    wanted = inspect.signature(function).parameters.values()
    return {p.name: known[p.name] for p in wanted if p.name in known and (p.default is p.empty or p.name == "now")}


def _nothing(result: object) -> bool:
    """Tell whether an answer holds nothing; a change plan without changes and a closed nothing count as such."""
    if isinstance(result, pd.DataFrame):
        return result.empty
    return result is None or (hasattr(result, "__len__") and len(result) == 0)


def _refused(name: str, actor: Actor, world: World, things: dict[str, Any]) -> bool:
    function = FUNCTIONS[name]
    try:
        return _nothing(function(**_arguments(function, actor, things, world)))
    except (NotFound, Forbidden):
        return True


def test_functions_that_ask_for_no_actor_are_a_spoken_few() -> None:
    assert {name for name, f in FUNCTIONS.items() if "actor" not in inspect.signature(f).parameters} == WITHOUT_ACTOR


@pytest.mark.parametrize("name", ASKED)
def test_nobody_and_a_person_without_a_role_get_nothing(name: str, world: World) -> None:
    things = _things(world)
    loner_id, _ = accounts.create_user(world.session, world.parent, "loner", "Loner", now=NOW)
    loner = importlib.import_module("monitor.queries.scope").actor_for(world.session, loner_id)

    assert {who.login: _refused(name, who, world, things) for who in (NOBODY, loner)} == {"": True, "loner": True}


# Answered for everybody, each with what belongs to the asker alone: the units, boards and reports of the own sub-tree.
OWN_PART = {"reports.archive", "scope.units", "targets.board"}


@pytest.mark.parametrize("name", ASKED)
def test_a_person_learns_nothing_of_a_unit_beside_the_own(name: str, world: World) -> None:
    things = _things(world)
    if name in OWN_PART:
        answer = FUNCTIONS[name](**_arguments(FUNCTIONS[name], world.own, things, world))
        units = {getattr(getattr(row, "unit", row), "id", None) for row in answer}
        assert world.units["b"] not in units
    else:
        assert _refused(name, world.own, world, things)


def test_the_admin_reads_what_the_others_were_refused(world: World) -> None:
    things = _things(world)
    reads = [name for name in ASKED if FUNCTIONS[name].__module__.startswith("monitor.queries")]
    refused = [name for name in reads if _refused(name, world.parent, world, things)]

    assert [
        name for name in refused if name not in {"operations.issues", "targets.path"}
    ] == []  # these two have no rows


def test_the_tree_that_a_person_sees_is_the_own_part(world: World) -> None:
    tree, units = FUNCTIONS["scope.visible_tree"], FUNCTIONS["scope.units"]

    assert units(world.session, NOBODY) == []
    assert tree(world.session, world.own) is not None
    assert {row.id for row in units(world.session, world.own)} == {world.units["a1"]}
