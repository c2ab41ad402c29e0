"""The small city, and three people who look at it: own unit, parent unit, stranger."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import Meter, OrgUnit, RoleGrant, User
from monitor.domain.access import SYSTEM, Actor
from monitor.domain.periods import Month
from monitor.queries.scope import actor_for
from monitor.reports import monthly
from monitor.services.setup import apply_site, parse_site
from tests.reports.site import NOW, SITE, seed

OCTOBER = Month(2026, 10)


@dataclass
class City:
    """Ids by code and who asks; sessions are opened as they are needed."""

    database: Database
    units: dict[str, int]
    meters: dict[str, int]
    people: dict[str, Actor]

    def person(self, name: str) -> Actor:
        return self.people[name]


def _person(session: Session, login: str, unit_id: int | None, role: str) -> Actor:
    user = User(login=login, name=login, password_hash="-", created_at=NOW)
    session.add(user)
    session.flush()
    if unit_id is not None:
        session.add(RoleGrant(user_id=user.id, unit_id=unit_id, role=role))
        session.flush()
    return actor_for(session, user.id)


@pytest.fixture(scope="session")
def city_data(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The data of the whole city's report of October, made once; not to be changed."""
    path = tmp_path_factory.mktemp("city") / "jieyue.db"
    shutil.copyfile(sqlite_template, path)
    with Database(f"sqlite:///{path}") as database:
        made = _city(database)
        with database.session() as session:
            return monthly.build(session, made.people["parent"], made.units["city"], OCTOBER, now=NOW)


@pytest.fixture
def city(database: Database) -> City:
    return _city(database)


def _city(database: Database) -> City:
    with database.session(write=True) as session:
        apply_site(session, SYSTEM, parse_site(SITE), now=NOW)
        units = dict(session.query(OrgUnit.code, OrgUnit.id).all())
        meters = dict(session.query(Meter.code, Meter.id).all())
        seed(session, meters)
        people = {
            "own": _person(session, "own", units["finance"], "manager"),
            "looker": _person(session, "looker", units["finance"], "viewer"),
            "parent": _person(session, "parent", units["city"], "manager"),
            "stranger": _person(session, "stranger", units["school"], "admin"),
            "nobody": _person(session, "nobody", None, ""),
        }
    return City(database, units, meters, people)
