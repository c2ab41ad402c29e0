"""What the access matrix calls: every public query and service, and one of everything in the unit `b` that could leak."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import monitor.queries
import monitor.services
from monitor.database.tables import (
    Alert,
    AlertChannel,
    ApiToken,
    Correction,
    Estimate,
    ImportIssue,
    ImportRun,
    QuotaBand,
    Reading,
    Register,
    Report,
    Source,
    Target,
    User,
)
from monitor.domain.access import Actor
from monitor.domain.periods import Month, to_day
from monitor.domain.quotas import Band
from tests.queries import admin_arguments, edits
from tests.queries.conftest import NOW, World

ALWAYS = {"now", "unit_id"}  # handed in although they need not be


def public() -> dict[str, Callable[..., Any]]:
    """Give every public function by `module.name`; one of a query and a service of the same name would hide the other."""
    found: dict[str, Callable[..., Any]] = {}
    for package in (monitor.queries, monitor.services):
        for info in pkgutil.iter_modules(package.__path__):
            if not info.name.startswith("_"):
                module = importlib.import_module(f"{package.__name__}.{info.name}")
                for name, function in inspect.getmembers(module, inspect.isfunction):
                    if function.__module__ == module.__name__ and not name.startswith("_"):
                        assert f"{info.name}.{name}" not in found, f"{info.name}.{name} is there twice"
                        found[f"{info.name}.{name}"] = function
    return found


def things(world: World) -> dict[str, Any]:
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
        "quota_id": QuotaBand(
            unit_id=unit,
            resource="water",
            indicator="per_person",
            year_from=2026,
            constraint_value=1,
            source="secret",
            created_at=NOW,
        ),
        "report_id": Report(
            unit_id=unit, period="2026-01", language="zh", data="{}", sha256="0", html=b"secret", created_at=NOW
        ),
        "alert_id": Alert(rule="over_pace", subject="target:1", unit_id=unit, opened_at=NOW, data={"unit": "b"}),
        "channel_id": AlertChannel(kind="mail", address="secret@example.org", unit_id=unit),
        "token_id": ApiToken(
            user_id=world.parent.user_id,
            name="secret",
            prefix="jy_x",
            token_hash="0" * 64,
            scopes=["read:units"],
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
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


def arguments(function: Callable[..., Any], actor: Actor, given: dict[str, Any], world: World) -> dict[str, Any]:
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
        "as_of": day,
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
        "way": "equal",
        "quantity": 1,
        "reason": "because",
        "month": Month(2026, 1),
        "language": "zh",
        "data": {},
        "render": lambda *_: b"",
        "to": ["a@example.org"],
        "indicator": "per_person",
        "years": (2026, None),
        "band": Band(constraint=1),
        "source": "secret",
        "look": (2026, day),
        "now": NOW,
        "spec": importlib.import_module("monitor.services.setup").parse_site({}),
        "check": lambda *_: None,
        "change": lambda _: None,
        **given,
        "kind": "over_pace",
        "note": "seen",
        "seen": {},
        "fields": {"purpose": "canteen"},
        "kinds": ("cumulative", "interval"),
        "form": "xlsx",
        "content": b"secret",
        "scopes": ["read:units"],
        "expires_at": NOW + timedelta(days=1),
        **edits.arguments(function),
        **admin_arguments.arguments(function),
    }
    if function.__module__.endswith(".channels"):
        module = importlib.import_module(function.__module__)
        known["spec"] = module.ChannelSpec("mail", "a@example.org", unit_id=given["unit_id"])
    named = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    wanted = [p for p in named if p.default is p.empty or p.name in ALWAYS]
    missing = [p.name for p in wanted if p.name not in known]
    where = f"{function.__module__}.{function.__name__}"
    assert missing == [], f"{where}: say in tests/queries/matrix.py what to call it with: {', '.join(missing)}"
    return {p.name: known[p.name] for p in wanted}
