"""What the interface answers, as pydantic models: the OpenAPI document is made from these and nothing else.

Quantities come twice: `quantity` in whole thousandths of the resource's base measure (exact), `value` in the display
measure as an exact decimal string. What is missing is null, never 0. Ratios are decimal strings; a coverage is cut off, never rounded up.
"""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from monitor.i18n import N_


class Model(BaseModel):
    """The common ground: frozen, names as they are sent."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Name(Model):
    """A name in Chinese and in English."""

    zh: str
    en: str


class Quantity(Model):
    """A consumption: exact whole thousandths of the base measure, and the display measure as a decimal string."""

    quantity: int = Field(description=N_("Whole thousandths of the base measure (mWh, mL, thousandths of a sheet)"))
    value: str = Field(description=N_("The same in the display measure, an exact decimal"), examples=["12345.678"])


class Figure(Model):
    """A consumption with what it rests on; quantity and value are null where nothing was measured."""

    quantity: int | None = Field(
        description=N_("Whole thousandths of the base measure; null where nothing was measured")
    )
    value: str | None = Field(
        description=N_("The same in the display measure, an exact decimal"), examples=["12345.678"]
    )
    coverage: str | None = Field(
        description=N_("The measured part, 0 to 1, cut off after six digits; null where nothing is expected"),
        examples=["0.987654"],
    )
    estimated_share: str | None = Field(
        description=N_("The estimated part of the quantity, 0 to 1"), examples=["0.004"]
    )


class UnitRef(Model):
    """A unit, named."""

    code: str
    name: Name


class Unit(UnitRef):
    """A unit of the organisation; `parent` and `depth` count from the topmost unit that the token sees."""

    parent: str | None
    kind: str
    depth: int


class Fact(Model):
    """A dated fact of a unit: head count, floor area …; `own` is false where it is the sum of the sub-units."""

    kind: str
    value: str
    valid_from: date
    valid_to: date | None
    own: bool


class UnitDetail(Unit):
    """A unit with its children and its facts of the day."""

    children: list[UnitRef]
    facts: list[Fact]
    data_version: int


class Page(Model):
    """What every list carries: the cursor of the next page, null on the last, and the version of the data."""

    next: str | None = Field(description=N_("Hand this back as cursor to go on; null on the last page"))
    data_version: int


class Units(Page):
    """Units in tree order, a parent before its children."""

    items: list[Unit]


class Place(Model):
    """Where a meter stands."""

    code: str
    name: Name
    zone: str


class Share(Model):
    """A share in force: parts per million of the meter, null where a fact of the unit (basis) decides day by day."""

    unit: str
    basis: str
    ppm: int | None
    valid_from: date
    valid_to: date | None = Field(
        description=N_("The first day on which it no longer holds; null: until further notice")
    )


class Register(Model):
    """A stream of a meter: a bill, a hand reading and an interval feed are three registers."""

    code: str
    kind: str
    measure: str
    direction: str
    tariff: str
    counts: bool
    priority: int
    multiplier: str


class Meter(Model):
    """A metering point with place, purpose, shares in force and registers; shares to units out of sight are left out."""

    code: str
    name: Name
    resource: str
    purpose: str
    assessed: bool
    basis: str
    parent: str | None
    place: Place
    shares: list[Share]
    registers: list[Register]


class Meters(Page):
    """Meters by code."""

    day: date
    items: list[Meter]


class Row(Figure):
    """A day, month or year, as far as it lies in what was asked; both days belong to it."""

    from_: date = Field(alias="from")
    to: date


class Consumption(Model):
    """The consumption of one unit (with its sub-tree) or one meter; days are local to `zone`."""

    unit: UnitRef | None
    meter: UnitRef | None
    resource: str
    base_measure: str
    measure: str
    zone: str | None
    by: str
    assessed: bool = Field(description=N_("Whether what is deducted and not allocated is left out (units alone)"))
    from_: date = Field(alias="from")
    to: date
    data_version: int
    rows: list[Row]


class Reason(Model):
    """Why a target is not judged, or what is odd about it."""

    code: str
    zh: str
    en: str


class Terms(Model):
    """What was promised."""

    indicator: str
    kind: str
    year: int
    baseline_year: int
    reduction: str | None = Field(description=N_("Less than the baseline year, a part of one"), examples=["0.05"])
    cap: Quantity | None
    min_coverage: str


class Target(Model):
    """A target in force and how it stands: used against what the days gone by allow."""

    id: int
    unit: UnitRef
    resource: str
    measure: str
    terms: Terms
    status: str
    as_of: date
    closed: bool
    used: Figure
    baseline: Figure
    allowance: Quantity | None
    allowed: Quantity | None
    pace: str | None = Field(description=N_("Used divided by allowed; above 1 is over pace"))
    remaining: Quantity | None
    remaining_per_day: Quantity | None
    runs_out: date | None
    forecast: Quantity | None
    forecast_low: Quantity | None
    forecast_high: Quantity | None
    reasons: list[Reason]


class Targets(Model):
    """The targets in force of a unit."""

    year: int
    as_of: date
    data_version: int
    items: list[Target]


class BoardItem(Model):
    """A unit and a resource: its first target judged, the months of the year so far (null: nothing known)."""

    unit: UnitRef
    resource: str
    target: Target | None
    months: list[Quantity | None]


class Board(Page):
    """All units in sight, each with every resource, in tree order."""

    year: int
    as_of: date
    items: list[BoardItem]


class Quota(Model):
    """A quota in force and where a unit stands against it; the values are display measures per person or m² and year."""

    standing: str = Field(examples=["compliant"])
    constraint: str | None
    reference: str | None
    guidance: str | None
    source: str


class Compared(Model):
    """A unit in a ranking; without rank and value where it is not ranked, and the reasons why."""

    rank: int | None
    unit: UnitRef
    group: str | None
    value: str | None = Field(
        description=N_("Distance to the target as a ratio, or display measures per person or m², as if complete")
    )
    used: Figure
    quota: Quota | None = Field(description=N_("Null where none is declared, and for days that are not twelve months"))
    reasons: list[Reason]


class Comparison(Page):
    """Units beside each other: ranked first within each group, then those not ranked."""

    resource: str
    measure: str
    by: str
    group: str
    year: int
    from_: date = Field(alias="from")
    to: date
    items: list[Compared]


class Report(Model):
    """A report of the archive; `formats` are what can be fetched."""

    id: int
    unit: UnitRef
    month: str = Field(examples=["2026-09"])
    language: str
    version: int
    sha256: str
    created_at: datetime
    sent_at: datetime | None
    formats: list[str]


class Reports(Page):
    """Reports, newest month first."""

    items: list[Report]


class Problem(Model):
    """What went wrong (RFC 9457): a code to quote and a sentence in the language asked for."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    parameter: str | None = None
