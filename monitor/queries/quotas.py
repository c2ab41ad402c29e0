"""Quotas (能耗定额) in force, and where units stand against them: declared by the organisation, never shipped.

A band is of one resource in its own measure, so no conversion factors come into it, and none can be mixed.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, QuotaBand
from monitor.domain.access import Actor, may_approve
from monitor.domain.indicators import Indicator
from monitor.domain.quotas import judged_days
from monitor.queries import _allocation as allocation
from monitor.queries._intensities import MIN_COVERAGE, intensity, undecided, unmeasured
from monitor.queries._quotas import INDICATORS, Judgement, Quota, Rules, judgement, quota_of, rules
from monitor.queries._tree import load_tree
from monitor.queries.scope import load_facts, require_unit
from monitor.queries.targets import default_as_of

__all__ = ["INDICATORS", "Declared", "Judgement", "Quota", "declared", "in_force", "standing"]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the Targets page shows of a unit: what is in force in a year, all that was declared for it, who may declare."""

    in_force: dict[Indicator, Quota]
    history: list[Quota]
    may_declare: bool


def in_force(session: Session, actor: Actor, resource: str, year: int) -> Rules:
    """Give the quota in force of each unit that the actor may see, by unit and indicator; nothing for a stranger."""
    tree = load_tree(session)
    seen = tree.by_id if actor.system else actor.units()
    return {key: quota for key, quota in rules(session, tree, resource, year).items() if key[0] in seen}


def declared(session: Session, actor: Actor, unit_id: int, resource: str, year: int) -> Declared:
    """Give what is in force for a unit, and all that was ever declared on it, the newest first; NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    row = tree.by_id[unit_id]
    found = rules(session, tree, resource, year)
    query = select(QuotaBand).where(QuotaBand.unit_id == unit_id, QuotaBand.resource == resource)
    rows = session.scalars(query.order_by(QuotaBand.created_at.desc(), QuotaBand.id.desc())).all()
    ended = _ended(session, row.code, resource) if any(one.withdrawn_at for one in rows) else {}
    history = [quota_of(one, own=True, ended=ended.get(one.id, ("", ""))) for one in rows]
    standing = {one: found[unit_id, one] for one in INDICATORS if (unit_id, one) in found}
    return Declared(standing, history, may_approve(actor, unit_id, row.parent_id))


def _ended(session: Session, code: str, resource: str) -> dict[int, tuple[str, str]]:
    """Read who withdrew which band and why from the audit trail."""
    subject = f"quota:{code}:{resource}:"
    trail = select(AuditEvent).where(AuditEvent.action == "quota.withdraw", AuditEvent.subject.startswith(subject))
    found = {}
    for event in session.scalars(trail):
        after = event.after if isinstance(event.after, dict) else {}
        found[int(after.get("id", 0))] = (event.actor, str(after.get("reason", "")))
    return found


def standing(
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, *, as_of: int | None = None
) -> list[Judgement]:
    """Judge a unit per person and per m², as far as a quota is in force; nothing where none is, NotFound for a stranger.

    Held against the quota of `year` are the twelve months of `monitor.domain.quotas.judged_days`.
    """
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    found = rules(session, tree, resource, year)
    if not any((unit_id, one) in found for one in INDICATORS):
        return []
    start, end = judged_days(year, default_as_of(session) if as_of is None else as_of)
    ledger = allocation.load(session, actor, unit_id, resource, start, end)
    used, facts = ledger.counted().amount(start, end), load_facts(session)
    without = undecided(ledger.layout.bases, ledger.structure, unit_id)
    hindrances = unmeasured(used, year, MIN_COVERAGE, undecided=without)
    judged = []
    for one in INDICATORS:
        if (unit_id, one) in found:
            figure = intensity(used, (unit_id, resource, one), facts, ledger.structure, hindrances=hindrances)
            judged.append(judgement(found[unit_id, one], figure, year, (start, end)))
    return judged
