"""Share a unit's target out to its sub-units: looked at first, then written as versions that name where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.domain.access import Action, Actor
from monitor.domain.cascade import Cascade, Check, Promise, Share, Way, allowance, cascade
from monitor.domain.targets import TargetTerms
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.queries import plan
from monitor.queries.plan import Basis
from monitor.queries.scope import UnitRow
from monitor.services.targets import set_target

NO_CHILDREN = N_("The unit has no sub-units to share its target out to.")


@dataclass(frozen=True, slots=True)
class Preview:
    """A target shared out, not written yet: `lines` has each sub-unit with its baseline quantity and its share."""

    unit: UnitRow
    resource: str
    terms: TargetTerms
    allowance: int | None
    lines: tuple[tuple[UnitRow, int | None, Share], ...]
    check: Check


def preview_cascade(
    session: Session, actor: Actor, target_id: int, way: Way, hand: Mapping[int, Promise] | None = None
) -> Preview:
    """Show what sharing a target in force out would promise each direct sub-unit; `hand` is by unit id, for Way.HAND.

    NotFound where the target is not in force or may not be seen, Forbidden without the role to set targets.
    """
    basis, found = _shared(session, actor, target_id, way, hand)
    terms = basis.terms
    own = allowance(Promise(terms.kind, terms.reduction, terms.cap), basis.parent, terms.indicator)
    lines = tuple(
        (unit, member.baseline, share) for (unit, member), share in zip(basis.children, found.shares, strict=True)
    )
    return Preview(basis.unit, basis.resource, terms, own, lines, found.check)


def apply_cascade(
    session: Session,
    actor: Actor,
    target_id: int,
    way: Way,
    hand: Mapping[int, Promise] | None = None,
    *,
    now: datetime | None = None,
) -> list[int]:
    """Set the targets that the preview showed, each naming the target above; gives their ids.

    Sub-units whose part cannot be told keep what they have. ConfigurationError CASCADE_NOTHING says why where that is so of all.
    """
    basis, found = _shared(session, actor, target_id, way, hand)
    terms = basis.terms
    done = [
        set_target(
            session,
            actor,
            share.key,
            basis.resource,
            year=terms.year,
            baseline_year=terms.baseline_year,
            reduction=share.promise.reduction,
            kind=share.promise.kind,
            cap=share.promise.cap,
            indicator=terms.indicator,
            min_coverage=terms.min_coverage,
            cascaded_from=target_id,
            now=now,
        )
        for share in found.shares
        if share.promise is not None
    ]
    if not done:
        problem = next((share.problem for share in found.shares if share.problem), None)
        raise ConfigurationError("CASCADE_NOTHING", problem.template if problem else NO_CHILDREN)
    return done


def _shared(
    session: Session, actor: Actor, target_id: int, way: Way, hand: Mapping[int, Promise] | None
) -> tuple[Basis, Cascade]:
    basis = plan.cascade_basis(session, actor, target_id)
    actor.require(Action.SET_TARGET, basis.unit.id)
    terms = basis.terms
    promise = Promise(terms.kind, terms.reduction, terms.cap)
    children = [member for _, member in basis.children]
    return basis, cascade(promise, basis.parent, children, indicator=terms.indicator, way=Way(way), hand=hand)


__all__ = ["Preview", "Promise", "Way", "apply_cascade", "preview_cascade"]
