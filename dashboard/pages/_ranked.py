"""The tables of Compare: rankings with quotas, what is not ranked, and the address that leads to them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dashboard import quota_views
from dashboard.components.links import address, unit_page
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries.comparison import By, Compared, Group, Grouping, Over
from monitor.queries.scope import name

PATH = "/compare"
RANK, VALUE, DISTANCE = N_("Rank"), N_("Value"), N_("Against the median")
UNIT, PERSONS, USED, COVERAGE, REASON = N_("Unit"), N_("Persons"), N_("Used"), N_("Coverage"), N_("Reason")
OPEN = N_("How was this computed?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A view with what is ranked among whom, over which days, and the unit whose figure is opened ("" for none)."""

    view: View
    by: By
    among: Grouping
    over: Over
    opened: str = ""

    @property
    def query(self) -> dict[str, object]:
        """The address of this comparison, to be carried on."""
        kept = {key: value for key, value in self.view.query.items() if key != "unit"}
        over = {} if self.by is By.TARGET else {"over": self.over.value}
        return kept | {"by": self.by.value, "among": self.among.value} | over


def shown(view: View, by: By, value: Fraction) -> Fraction:
    """Give a value as people read it: percent of the allowance, or the display measure per person or m²."""
    return value * 100 if by is By.TARGET else value * from_quantity(1, view.resource)


def measure(here: Context, view: View, by: By) -> str:
    """Give the measure of a value."""
    if by is By.TARGET:
        return "%"
    per = here.say(N_("person")) if by is By.PER_PERSON else "m²"
    return f"{i18n.measure_name(view.resource, here.language)}/{per}"


def _value_column(here: Context, view: View, by: By) -> Column:
    if by is By.TARGET:
        return Column(here.say(VALUE), "change")
    return Column(f"{here.say(VALUE)} ({measure(here, view, by)})", "number", digits=2)


def ranking(here: Context, asked: Asked, groups: list[Group], *, live: bool = False) -> Table:
    """Give rank, unit, value, against the median, the quota's judgement and values, persons, area, used, coverage.

    `live`: on the page each line leads to how it was computed.
    """
    view, by = asked.view, asked.by
    quotas = any(by in row.row.quotas for group in groups for row in group.ranked)
    limits = quota_views.value_columns(here, measure(here, view, by))
    columns = (
        Column(here.say(RANK), "number"),
        Column(here.say(UNIT), "link"),
        _value_column(here, view, by),
        *([] if by is By.TARGET else [Column(here.say(DISTANCE), "change")]),
        *([Column(here.say(quota_views.JUDGED)), *limits, Column(here.say(quota_views.SOURCE))] if quotas else []),
        Column(here.say(PERSONS), "number"),
        Column("m²", "number"),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(COVERAGE), "coverage"),
        *([Column(here.say(OPEN), "link")] if live and by is not By.TARGET else []),
    )
    rows: list[tuple[Any, ...]] = []
    for group in groups:
        for one in group.ranked:
            value = one.value if by is By.TARGET else shown(view, by, one.value)
            distance = [] if by is By.TARGET else [one.distance]
            held = _held(here, by, one.row) if quotas else ()
            more = [_opening(here, asked, one.row)] if live and by is not By.TARGET else []
            rows.append((one.rank, link(here, view, one.row), value, *distance, *held, *common(one.row), *more))
    return Table(columns, rows)


def _held(here: Context, by: By, row: Compared) -> tuple[Any, ...]:
    """Give the judgement by a quota, its values and source; without one that it is not judged and why."""
    judged = row.quotas.get(by)
    if judged is None:
        return here.say(quota_views.NONE_KNOWN), None, None, None, ""
    return quota_views.word(here, judged.standing), *quota_views.values(judged.quota), judged.quota.source


def _opening(here: Context, asked: Asked, row: Compared) -> tuple[str, str]:
    return here.say(N_("Open the figure")), f"{address(PATH, **asked.query, open=row.unit.code)}#opened"


def link(here: Context, view: View, row: Compared) -> tuple[str, str]:
    """Give a unit's name with the address of its page."""
    return name(row.unit, here.language), unit_page(**{**view.query, "unit": row.unit.code})


def common(row: Compared) -> tuple[Any, ...]:
    """Give persons, area, used, coverage."""
    return row.persons, row.area, row.used.quantity, row.used.coverage if row.used.expected else None


def unranked(here: Context, asked: Asked, groups: list[Group]) -> Table:
    """Give the units that are not ranked, and why; with a quota in force they are not judged either."""
    view = asked.view
    columns = (
        Column(here.say(UNIT), "link"),
        Column(here.say(REASON)),
        Column(here.say(USED), "quantity", view.resource),
        Column(here.say(COVERAGE), "coverage"),
    )
    separator = "；" if here.language == "zh" else " "
    rows = [
        (
            link(here, view, row),
            separator.join(i18n.translate(one.template, here.language, **one.data) for one in why),
            *common(row)[2:],
        )
        for group in groups
        for row, why in group.unranked
    ]
    return Table(columns, rows)
