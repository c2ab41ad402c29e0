"""A small organisation: a main meter with a sub-meter, a shared meter, a dormitory, and three people who look at it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from monitor.database.tables import DailyConsumption, Meter, OrgUnit, RoleGrant, User
from monitor.domain.access import SYSTEM, Actor
from monitor.domain.periods import to_day
from monitor.queries.scope import actor_for
from monitor.services.setup import apply_site, parse_site

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = to_day(date(2026, 1, 5))


def part(unit: str, percent: str, **more: object) -> dict[str, object]:
    return {"unit": unit, "part": percent, **more}


SITE = {
    "units": [
        {
            "code": "hq",
            "zh": "机关",
            "en": "Headquarters",
            "units": [
                {
                    "code": "a",
                    "zh": "甲局",
                    "en": "Bureau A",
                    "units": [{"code": "a1", "zh": "甲一处", "en": "Section A1"}],
                },
                {"code": "b", "zh": "乙局", "en": "Bureau B", "facts": [{"kind": "head_count", "value": "20"}]},
            ],
        }
    ],
    "places": [{"code": "house", "zh": "楼", "en": "House"}],
    "meters": [
        {"code": "main", "resource": "electricity", "place": "house", "shares": [part("a", "60%"), part("b", "30%")]},
        {"code": "sub", "resource": "electricity", "place": "house", "parent": "main", "unit": "a1"},
        {
            "code": "dorm",
            "resource": "electricity",
            "place": "house",
            "unit": "b",
            "assessed": False,
            "purpose": "dormitory",
        },
        {"code": "tap", "resource": "water", "place": "house", "unit": "b", "registers": [{"kind": "cumulative"}]},
    ],
}


@dataclass
class World:
    """Ids by code, who asks, and how to put derived days in."""

    session: Session
    units: dict[str, int]
    meters: dict[str, int]
    own: Actor
    parent: Actor
    stranger: Actor

    def days(self, meter: str, quantities: list[int | None], *, first: int = DAY, covered: int = 86_400) -> None:
        for day, quantity in enumerate(quantities, first):
            if quantity is not None:
                self.session.add(
                    DailyConsumption(
                        meter_id=self.meters[meter],
                        day=day,
                        quantity=quantity,
                        covered=covered,
                        estimated=0,
                        off_hours=0,
                        rule_version=1,
                    )
                )
        self.session.flush()

    def statements(self) -> "Statements":
        return Statements(self.session)


class Statements:
    """Counts what is sent to the database."""

    def __init__(self, session: Session) -> None:
        self.bind = session.get_bind()
        self.count = 0

    def _seen(self, *_: object) -> None:
        self.count += 1

    def __enter__(self) -> Self:
        event.listen(self.bind, "before_cursor_execute", self._seen)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.bind, "before_cursor_execute", self._seen)


def person(session: Session, login: str, unit_id: int | None, role: str = "viewer") -> Actor:
    user = User(login=login, name=login, password_hash="-", created_at=NOW)
    session.add(user)
    session.flush()
    if unit_id is not None:
        session.add(RoleGrant(user_id=user.id, unit_id=unit_id, role=role))
        session.flush()
    return actor_for(session, user.id)


@pytest.fixture
def world(session: Session) -> World:
    apply_site(session, SYSTEM, parse_site(SITE), now=NOW)
    units = dict(session.query(OrgUnit.code, OrgUnit.id))
    meters = dict(session.query(Meter.code, Meter.id))
    own, parent = person(session, "own", units["a1"]), person(session, "parent", units["hq"], "admin")
    return World(session, units, meters, own, parent, person(session, "stranger", units["b"]))
