"""A site file sets an installation up, says what is wrong with it, and changes nothing the second time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.state import data_version
from monitor.database.tables import (
    AuditEvent,
    Meter,
    MeterEvent,
    MeterShare,
    OrgUnit,
    Register,
    Source,
    Target,
    UnitFact,
)
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.services.setup import apply_site, load_site, parse_site

NOW = datetime(2026, 3, 1, tzinfo=UTC)

SITE = """
[[units]]
code = "campus"
zh = "校园"
en = "Campus"

[[units]]
code = "b0"
parent = "campus"
en = "Building 0"
facts = [{ kind = "floor_area", value = 1200.5, since = 2018-01-01 }]

[[places]]
code = "b0"
zone = "UTC"
country = "GB"
office_from = "07:30"

[[meters]]
code = "E0"
resource = "electricity"
place = "b0"
unit = "b0"
aliases = ["UCam_b0"]

[[meters.registers]]
multiplier = "40/3"
step = 3600

[[meters.registers.events]]
kind = "replacement"
at = 2018-05-01T00:00:00Z
final = 99.5
initial = 0

[[sources]]
code = "campus"
kind = "tabular"
schedule = "0 3 * * *"
options = { inbox = "inbox", profile = "campus.toml" }

[[targets]]
units = ["campus", "b0"]
resource = "electricity"
year = 2019
baseline_year = 2018
reduction = "5%"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "campus.toml").write_text('layout = "row per reading"\n', encoding="utf-8")
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


def test_a_site_file_sets_everything_up(session: Session, site: Path) -> None:
    changes = apply_site(session, SYSTEM, load_site(site), now=NOW)

    campus, building = session.scalars(select(OrgUnit).order_by(OrgUnit.id)).all()
    register = session.scalars(select(Register)).one()
    assert (campus.parent_id, building.parent_id, building.name_zh) == (None, campus.id, "Building 0")
    assert session.scalars(select(UnitFact.value)).all() == [1_200_500]
    assert (register.multiplier_num, register.multiplier_den, register.measure) == (40, 3, "kWh")
    assert session.execute(select(MeterEvent.final_value, MeterEvent.initial_value)).all() == [(99_500_000, 0)]
    assert session.scalars(select(MeterShare.ppm)).all() == [1_000_000]
    source = session.scalars(select(Source)).one()
    assert source.options == {"inbox": str(site.parent / "inbox"), "profile": {"layout": "row per reading"}}
    assert session.execute(select(Target.reduction, Target.version)).all() == [(50_000, 1), (50_000, 1)]
    assert (changes.changed, changes.removed, len(changes.created)) == ([], [], 12)


def test_the_second_time_nothing_changes(session: Session, site: Path) -> None:
    apply_site(session, SYSTEM, load_site(site), now=NOW)
    session.flush()
    before = (data_version(session), session.scalar(select(func.count()).select_from(AuditEvent)))

    changes = apply_site(session, SYSTEM, load_site(site), now=datetime(2027, 1, 1, tzinfo=UTC))

    session.flush()
    assert not changes
    assert changes.same == 12
    assert (data_version(session), session.scalar(select(func.count()).select_from(AuditEvent))) == before


def test_what_differs_is_changed_and_written_down(session: Session, site: Path) -> None:
    apply_site(session, SYSTEM, load_site(site), now=NOW)
    changed = SITE.replace('zh = "校园"', 'zh = "大学"').replace(
        'unit = "b0"', 'shares = [{ unit = "campus", part = "25%" }]'
    )
    changed = changed.replace('"5%"', '"6%"')
    site.write_text(changed, encoding="utf-8")

    changes = apply_site(session, SYSTEM, load_site(site), now=NOW)

    session.flush()
    assert changes.changed == [
        "unit:campus",
        "target:campus:electricity:total:2019",
        "target:b0:electricity:total:2019",
    ]
    assert changes.removed == ["meter:E0:share"]
    assert session.scalars(select(MeterShare.ppm)).all() == [250_000]
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.subject == "unit:campus").order_by(AuditEvent.id.desc())
    ).first()
    assert event is not None
    assert (event.actor, event.before, event.after) == ("system", {"name_zh": "校园"}, {"name_zh": "大学"})
    assert session.scalars(select(Target.version).where(Target.withdrawn_at.is_(None))).all() == [2, 2]


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        (('resource = "electricity"\nplace', 'resource = "beer"\nplace'), "SITE_INVALID", "meters[1].resource"),
        (('office_from = "07:30"', "office_form = 1"), "SITE_INVALID", "places[1].office_form"),
        (('place = "b0"', ""), "SITE_INVALID", "meters[1].place"),
        (('multiplier = "40/3"', "multiplier = 0"), "SITE_INVALID", "meters[1].registers[1].multiplier"),
        (('parent = "campus"', 'parent = "moon"'), "SITE_REFERENCE", "unit:b0"),
        (('parent = "campus"', ""), "SITE_TWO_TOPS", "b0"),
        (('parent = "campus"', 'parent = "b0"'), "SITE_CIRCLE", "b0"),
        (('place = "b0"', 'place = "b9"'), "SITE_REFERENCE", "meter:E0"),
        (
            (
                'unit = "b0"',
                'shares = [{ unit = "b0", part = "60%" }, { unit = "campus", part = "41%", since = 2019-01-01 }]',
            ),
            "SITE_TOO_MUCH",
            "E0",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_key(
    session: Session, site: Path, change: tuple[str, str], code: str, key: str
) -> None:
    site.write_text(SITE.replace(*change), encoding="utf-8")

    with pytest.raises(ConfigurationError) as refused:
        apply_site(session, SYSTEM, load_site(site), now=NOW)

    assert (refused.value.code, refused.value.data["key"]) == (code, key)
    session.rollback()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as missing:
        load_site(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("code = ", encoding="utf-8")
    with pytest.raises(ConfigurationError) as unreadable:
        load_site(tmp_path / "bad.toml")

    assert (missing.value.code, unreadable.value.code) == ("FILE_MISSING", "SITE_UNREADABLE")


def test_units_may_be_nested(session: Session) -> None:
    spec = parse_site({"units": [{"code": "top", "units": [{"code": "x"}, {"code": "y", "units": [{"code": "z"}]}]}]})

    apply_site(session, SYSTEM, spec, now=NOW)

    codes: dict[int, str] = dict(session.execute(select(OrgUnit.id, OrgUnit.code)).all())
    parents: list[Any] = list(
        session.execute(select(OrgUnit.code, OrgUnit.parent_id, OrgUnit.position).order_by(OrgUnit.code))
    )
    assert [(code, codes.get(parent), at) for code, parent, at in parents] == [
        ("top", None, 0),
        ("x", "top", 0),
        ("y", "top", 1),
        ("z", "y", 0),
    ]


def test_only_administrators_of_the_whole_set_up(session: Session) -> None:
    spec = parse_site({"units": [{"code": "top"}]})
    apply_site(session, SYSTEM, spec, now=NOW)
    top = session.scalar(select(OrgUnit.id)) or 0

    for actor, refusal in ((NOBODY, NotFound), (Actor(1, "m", {top: Role.MANAGER}, frozenset({top})), Forbidden)):
        with pytest.raises(refusal):
            apply_site(session, actor, spec, now=NOW)
    assert not apply_site(session, Actor(1, "a", {top: Role.ADMIN}, frozenset({top})), spec, now=NOW)
    assert session.scalars(select(Meter)).all() == []


def test_a_target_may_be_a_cap_in_the_display_measure(session: Session) -> None:
    cap = {"units": ["top"], "resource": "water", "year": 2026, "baseline_year": 2025, "kind": "cap", "cap": "12.5"}
    spec = parse_site({"units": [{"code": "top"}], "targets": [cap]})

    apply_site(session, SYSTEM, spec, now=NOW)

    assert session.execute(select(Target.kind, Target.cap, Target.reduction)).all() == [("cap", 12_500_000, 0)]
    assert not apply_site(session, SYSTEM, spec, now=NOW)
    with pytest.raises(ConfigurationError) as refused:
        parse_site({"targets": [{name: value for name, value in cap.items() if name != "cap"}]})
    assert (refused.value.code, refused.value.data["key"]) == ("SITE_INVALID", "targets[1]")


def test_a_thousand_meters_are_looked_for_with_a_few_statements(session: Session) -> None:
    from sqlalchemy import event

    def spec(count: int) -> Any:
        meters = [
            {"code": f"m{n}", "resource": "water", "place": "p", "unit": "top", "aliases": [f"a{n}"]}
            for n in range(count)
        ]
        return parse_site({"units": [{"code": "top"}], "places": [{"code": "p"}], "meters": meters})

    sent: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: sent.append(given[2]))
    apply_site(session, SYSTEM, spec(3), now=NOW)
    few = [one for one in sent if one.startswith("SELECT")]
    sent.clear()
    apply_site(session, SYSTEM, spec(1000), now=NOW)

    assert len([one for one in sent if one.startswith("SELECT")]) <= len(few)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"unit": "hq"}, "of no unit"),
        ({"registers": [{"kind": "interval"}]}, "belong to gauges"),
        ({"resource": "water", "registers": [{"kind": "gauge"}]}, "belong to gauges"),
    ],
)
def test_a_gauge_is_of_no_unit_and_alone_has_registers_of_its_kind(more: dict[str, object], said: str) -> None:
    meter = {"code": "T", "zh": "站", "en": "Station", "resource": "outdoor_temperature", "place": "house"}

    with pytest.raises(ConfigurationError) as refused:
        parse_site({"meters": [meter | more]})

    assert said in str(refused.value)
    assert parse_site({"meters": [meter]}).meters[0].registers[0].kind == "gauge"
