"""The Excel template of an organisation: handed out empty or with the present rows, read back whole or not at all."""

from datetime import datetime

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.services import _template_read, _template_write, organisation
from monitor.services._site import SiteSpec
from monitor.services._site_read import read_site
from monitor.services._template_cells import Problem
from monitor.services._template_read import Reading

__all__ = ["Changes", "Problem", "Reading", "blank", "export", "look", "take"]

Changes = organisation.Changes


def blank() -> bytes:
    """Give the empty template (.xlsx) with examples."""
    return _template_write.write(None)


def export(session: Session, actor: Actor) -> bytes:
    """Give the present organisation in the template's format; reading it back changes nothing."""
    return _template_write.write(organisation.describe(session, actor))


def look(session: Session, actor: Actor, data: bytes, name: str = "template.xlsx") -> Reading:
    """Read a filled-in template without changing anything: the site that it says, or all that is wrong, row by row."""
    organisation.require_founder(session, actor)
    return _template_read.read(data, name, read_site(session))


def take(session: Session, actor: Actor, spec: SiteSpec, *, now: datetime | None = None) -> Changes:
    """Apply what `look` read: as the first organisation, or to the present one."""
    return organisation.found(session, actor, spec, now=now)
