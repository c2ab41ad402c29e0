"""The one door: bring the rows of an installation in line with a site, those that others refer to first."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.state import bump_data_version
from monitor.database.tables import Baseline, OrgUnit, Source
from monitor.domain.access import Actor
from monitor.domain.quotas import Band
from monitor.domain.resources import resource, to_quantity
from monitor.queries._quotas import standing_id
from monitor.queries._registers import last_readings
from monitor.services._site import BaselineSpec, QuotaSpec, SiteSpec, SourceSpec, TargetSpec
from monitor.services._site_meters import apply_aliases, apply_meters
from monitor.services._site_places import apply_places
from monitor.services._site_rows import Changes, Rows, Wanted
from monitor.services._site_units import Placed, apply_bases, apply_units
from monitor.services.quotas import declare
from monitor.services.targets import in_force, set_target

__all__ = ["PREVIEW", "Applier", "Changes", "Placed"]

PREVIEW = "jieyue_preview"  # in session.info: the change is only looked at, so what figures do not hang on is left out


class Applier(Rows):
    """Applies parts of a site; `stale` are the meters whose derived days must be made anew.

    Of the meters `out_of_hours` only the part out of office hours may differ.
    `strict` is how people's changes are taken: a fact that jumps says why, an alias is not taken from another meter.
    """

    def __init__(self, session: Session, actor: Actor, now: datetime | None, *, strict: bool = False) -> None:
        super().__init__(session, actor, now)
        self.strict = strict
        self.stale: set[int] = set()
        self.out_of_hours: set[int] = set()

    def run(self, spec: SiteSpec, placed: list[Placed] | None = None) -> Changes:
        """Apply all parts, make the derived days anew, write the audit trail, bump the data version where anything changed.

        `placed` stands for the units, where their positions are not those of the list.
        """
        self.apply(spec, placed)
        return self.finish()

    def apply(self, spec: SiteSpec, placed: list[Placed] | None = None) -> None:
        """Apply all parts."""
        units = [Placed(*one) for one in spec.all_units()] if placed is None else placed
        apply_units(self, units, spec.moves, strict=self.strict)
        apply_bases(self, spec.bases)
        places = apply_places(self, spec.places)
        self.stale |= places.days
        self.out_of_hours |= places.hours
        self.stale |= apply_meters(self, spec.meters, strict=self.strict)
        for source in spec.sources:
            self._source(source)
        self._baselines(spec.baselines)
        for target in spec.targets:
            self._target(target)
        for quota in spec.quotas:
            self._quota(quota)

    def finish(self) -> Changes:
        """Make the derived days of the changed meters anew, write the audit trail, bump the data version where anything changed."""
        self.session.flush()
        self.rebuild()
        changes = self.write_down()
        if changes:
            bump_data_version(self.session)
        return changes

    def rebuild(self) -> None:
        """Make the derived days of the changed meters anew."""
        looked_at = self.session.info.get(PREVIEW, False)
        known = sorted(last_readings(self.session, self.stale if looked_at else self.stale | self.out_of_hours))
        if known:
            from monitor.database.readings import rebuild_meters  # noqa: PLC0415 - numpy-heavy; most set-ups have no readings yet

            self.session.flush()
            rebuild_meters(self.session, known)

    def source(self, spec: SourceSpec) -> None:
        """Bring one source in line and write that down."""
        self._source(spec)
        self.write_down()

    def _source(self, spec: SourceSpec) -> None:
        key = f"source:{spec.code}"
        values = spec.model_dump(
            include={"kind", "options", "schedule", "zone", "late_after", "catch_up", "ping", "enabled"}
        )
        values |= {"name_zh": spec.name_zh, "name_en": spec.name_en}
        fresh = {"created_at": self.now, "cursor": {}}
        [(row, _)] = self.put_all(Source, [Wanted(key, {"code": spec.code}, values, fresh)])
        apply_aliases(self, row.id, [(meter, alias) for alias, meter in spec.aliases.items()], strict=self.strict)

    def _baselines(self, specs: list[BaselineSpec]) -> None:
        self.look_up(OrgUnit, {spec.unit for spec in specs})
        self.put_all(Baseline, [self._baseline(spec) for spec in specs])

    def _baseline(self, spec: BaselineSpec) -> Wanted:
        subject = f"baseline:{spec.unit}:{spec.resource}:{spec.year}"
        declared, measure = spec.quantity, resource(spec.resource).display
        quantity = None if declared is None else to_quantity(Fraction(declared), spec.resource, measure)
        unit = self.find(OrgUnit, spec.unit, subject)
        key = {"unit_id": unit.id, "resource": spec.resource, "year": spec.year, "version": 1}
        values = {"quantity": quantity, "provisional": spec.provisional, "note": spec.note}
        return Wanted(subject, key, values, {"created_at": self.now, "actor": self.actor.login})

    def _target(self, spec: TargetSpec) -> None:
        terms = spec.model_dump(include={"indicator", "year", "baseline_year", "kind", "min_coverage"})
        measure = resource(spec.resource).display
        terms["reduction"] = spec.reduction or 0
        terms["cap"] = None if spec.cap is None else to_quantity(Fraction(spec.cap), spec.resource, measure)
        for code in spec.units:
            subject = f"target:{code}:{spec.resource}:{spec.indicator}:{spec.year}"
            unit = self.find(OrgUnit, code, subject)
            before = in_force(self.session, unit.id, spec.resource, spec.indicator, spec.year)
            target_id = set_target(self.session, self.actor, unit.id, spec.resource, **terms, now=self.now)
            if before is None:
                self.created.append(subject)
            elif before.id == target_id:
                self.same += 1
            else:
                self.changed.append(subject)

    def _quota(self, spec: QuotaSpec) -> None:
        """Declare a quota as a person does; of one that is there already the same again changes nothing."""
        measure = resource(spec.resource).display
        subject = f"quota:{spec.unit}:{spec.resource}:{spec.indicator}:{spec.year_from}"
        unit = self.find(OrgUnit, spec.unit, subject)
        values = (
            None if value is None else to_quantity(Fraction(value), spec.resource, measure)
            for value in (spec.constraint, spec.reference, spec.guidance)
        )
        before = standing_id(self.session, unit.id, spec.resource, spec.indicator, spec.year_from)
        actor = replace(self.actor, system=True)  # whoever sets up the organisation declares for all of it
        found = declare(
            self.session,
            actor,
            unit.id,
            spec.resource,
            indicator=spec.indicator,
            years=(spec.year_from, spec.year_to),
            band=Band(*values),
            source=spec.source,
            note=spec.note,
            now=self.now,
        )
        if before == found:
            self.same += 1
        else:
            (self.created if before is None else self.changed).append(subject)


def source_id(session: Session, code: str) -> int | None:
    """Give the id of a source's code; None where there is none."""
    return session.scalar(select(Source.id).where(Source.code == code))
