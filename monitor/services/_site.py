"""The shape of a site file: organisation, places, meters, sources, baselines and targets of one installation."""

import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor import webhook
from monitor.domain.resources import GAUGES, MEASURED, RESOURCES
from monitor.errors import ConfigurationError

Code = Annotated[str, Field(min_length=1, max_length=120)]
BEGINNING = date(1970, 1, 1)


def _ppm(value: object) -> object:
    """Read `5%`, `"2.5%"` or whole parts per million."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*%\s*", value)):
        return int(Decimal(match[1]) * 10_000)
    return value


def _ratio(value: object) -> object:
    """Read a multiplier: 60, `"0.1"` or `"40/3"`, exactly."""
    return str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else value


def _is_ratio(value: str) -> str:
    if Fraction(value) <= 0:
        raise ValueError("a multiplier is greater than 0")
    return value


def is_ping(value: str) -> str:
    """Take what can be called after an import: an address, a reference to one, or nothing. ValueError otherwise."""
    try:
        if value and not value.startswith(("env:", "file:")):
            webhook.check(value.replace("{state}", "up"))
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return value


Ping = Annotated[str, AfterValidator(is_ping)]


def _minutes(value: object) -> object:
    """Read `08:30` as minutes of the day."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d\d?):(\d\d)", value)):
        return int(match[1]) * 60 + int(match[2])
    return value


def _is_measured(value: str) -> str:
    if value not in MEASURED:
        raise ValueError("one of " + ", ".join(MEASURED))
    return value


def _is_resource(value: str) -> str:
    if value not in RESOURCES:
        raise ValueError("one of " + ", ".join(RESOURCES))
    return value


Ppm = Annotated[int, BeforeValidator(_ppm), Field(ge=-1_000_000, le=1_000_000)]
Minutes = Annotated[int, BeforeValidator(_minutes), Field(ge=0, le=1440)]
Ratio = Annotated[str, BeforeValidator(_ratio), AfterValidator(_is_ratio)]
ResourceCode = Annotated[str, AfterValidator(_is_resource)]
MeasuredCode = Annotated[str, AfterValidator(_is_measured)]  # a resource, or a gauge such as the temperature outside


class Part(BaseModel):
    """What every part has in common: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Part):
    """Something with a code and names in both languages; one name stands for both."""

    code: Code
    zh: str = ""
    en: str = ""

    @property
    def name_zh(self) -> str:
        """The Chinese name, or the other."""
        return self.zh or self.en or self.code

    @property
    def name_en(self) -> str:
        """The English name, or the other."""
        return self.en or self.zh or self.code


FactKind = Literal["head_count", "posts", "water_head_count", "fte", "floor_area", "heated_area"]
Basis = Literal["print_log", "counter", "packs"]


class FactSpec(Part):
    """A dated denominator of a unit: persons or m²."""

    kind: FactKind
    value: Decimal = Field(ge=0)
    since: date = BEGINNING
    until: date | None = None
    note: str = ""


class UnitSpec(Named):
    """A node of the organisation; units may be nested or name their parent."""

    parent: str | None = None
    kind: str = "department"
    facts: list[FactSpec] = []
    units: list["UnitSpec"] = []


class MoveSpec(Part):
    """A unit's past: until the day `at` it stood below `from`; `units` says where it stands after its last move."""

    model_config = ConfigDict(populate_by_name=True)

    unit: Code
    at: date
    before: Code = Field(alias="from")
    note: str = ""


class HoursSpec(Part):
    """Other office hours from a day on."""

    since: date
    office_from: Minutes
    office_to: Minutes


class PlaceSpec(Named):
    """Where meters stand."""

    parent: str | None = None
    kind: str = "building"
    zone: str = "Asia/Shanghai"
    country: str = "CN"
    office_from: Minutes = 480
    office_to: Minutes = 1080
    area: Decimal | None = None
    hours: list[HoursSpec] = []


class EventSpec(Part):
    """A replacement or reset (last value of the old, first of the new register), or a new multiplier from then on."""

    kind: Literal["replacement", "reset", "multiplier"]
    at: AwareDatetime
    final: Decimal | None = None
    initial: Decimal | None = None
    multiplier: Ratio | None = None
    note: str = ""


class RegisterSpec(Part):
    """One stream of a meter."""

    code: str = ""
    kind: Literal["interval", "cumulative", "bill", "event", "gauge"] = "interval"
    measure: str = ""  # the display measure of the resource unless named
    direction: Literal["import", "export"] = "import"
    tariff: str = ""
    counts: bool = True
    priority: int = 10
    multiplier: Ratio = "1"
    digits: int = Field(default=0, ge=0, le=12)
    step: int = Field(default=0, ge=0)  # expected seconds between readings
    events: list[EventSpec] = []


class ShareSpec(Part):
    """What part of a meter is a unit's, from a day until before another: a percentage, or what falls to it by its own fact."""

    unit: Code
    part: Annotated[Ppm, Field(gt=0)] = 1_000_000
    by: Literal["percent"] | FactKind = "percent"
    since: date = BEGINNING
    until: date | None = None

    @property
    def ppm(self) -> int:
        """The declared part; 0 where it is worked out from a fact."""
        return self.part if self.by == "percent" else 0


class MeterSpec(Named):
    """A metering point; `unit` alone means that all of it is that unit's, always. A gauge stands at a place and is of no unit."""

    resource: MeasuredCode
    place: Code
    parent: str | None = None
    purpose: str = "office"
    assessed: bool = True
    basis: Literal[""] | Basis = ""
    unit: str | None = None
    shares: list[ShareSpec] = []
    registers: list[RegisterSpec] = [RegisterSpec()]
    aliases: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _reads(cls, value: Any) -> Any:  # noqa: ANN401 - whatever was declared
        if isinstance(value, dict) and value.get("resource") in GAUGES and "registers" not in value:
            return {**value, "registers": [{"kind": "gauge"}]}
        return value

    @model_validator(mode="after")
    def _one_way_to_share(self) -> Self:
        if self.unit and self.shares:
            raise ValueError("either 'unit' or 'shares', not both")
        if self.resource in GAUGES and (self.unit or self.shares):
            raise ValueError("a gauge is of no unit: it stands at a place and is never shared out")
        if any((one.kind == "gauge") != (self.resource in GAUGES) for one in self.registers):
            raise ValueError(
                "registers of kind 'gauge' belong to gauges such as outdoor_temperature, and to nothing else"
            )
        return self

    def all_shares(self) -> list[ShareSpec]:
        """Give the shares, spelled out."""
        return [ShareSpec(unit=self.unit)] if self.unit else list(self.shares)


class SourceSpec(Named):
    """A configured importer; `options.profile` may name a TOML file, and it and `options.inbox` are relative to the site file."""

    kind: str
    options: dict[str, Any] = {}
    schedule: str = ""
    zone: str = "Asia/Shanghai"
    late_after: int = Field(default=0, ge=0)
    catch_up: int = Field(default=35 * 86_400, ge=0)
    ping: Ping = ""
    enabled: bool = True
    aliases: dict[str, str] = {}  # what this source calls a meter → the meter's code


class BaselineSpec(Part):
    """A reference year of a unit: declared (`quantity` in the display measure), or computed from the readings."""

    unit: Code
    resource: ResourceCode
    year: int
    quantity: Decimal | None = None
    provisional: bool = False
    note: str = ""


class TargetSpec(Part):
    """A promise, for one unit or the same for several."""

    units: Annotated[list[Code], Field(min_length=1)]
    resource: ResourceCode
    indicator: Literal["total", "per_person", "per_m2"] = "total"
    year: int
    baseline_year: int
    kind: Literal["reduction", "cap"] = "reduction"
    reduction: Ppm | None = None
    cap: Decimal | None = Field(
        default=None, ge=0
    )  # in the display measure, per person or m² where the indicator says so
    min_coverage: Annotated[Ppm, Field(ge=0)] = 950_000

    @model_validator(mode="after")
    def _its_terms(self) -> Self:
        wanted = "reduction" if self.kind == "reduction" else "cap"
        if getattr(self, wanted) is None:
            raise ValueError(f"a target of kind {self.kind} needs '{wanted}'")
        return self


class BasisSpec(Part):
    """Which kind of source is authoritative for a unit, its sub-units and a year."""

    unit: Code
    resource: ResourceCode = "paper"
    year: int
    basis: Basis


class QuotaSpec(Part):
    """The quota of a unit and its sub-units for some years, in the display measure per person or m² and year."""

    unit: Code
    resource: ResourceCode
    indicator: Literal["per_person", "per_m2"]
    year_from: int
    year_to: int | None = None
    constraint: Decimal | None = Field(default=None, gt=0)
    reference: Decimal | None = Field(default=None, gt=0)
    guidance: Decimal | None = Field(default=None, gt=0)
    source: Annotated[str, Field(min_length=1)]
    note: str = ""


class SiteSpec(Part):
    """Everything that one file sets up."""

    units: list[UnitSpec] = []
    moves: list[MoveSpec] = []
    bases: list[BasisSpec] = []
    places: list[PlaceSpec] = []
    meters: list[MeterSpec] = []
    sources: list[SourceSpec] = []
    baselines: list[BaselineSpec] = []
    targets: list[TargetSpec] = []
    quotas: list[QuotaSpec] = []

    def all_units(self) -> list[tuple[UnitSpec, str | None, int]]:
        """Give each unit with its parent's code and its position among its siblings, parents first."""
        found: list[tuple[UnitSpec, str | None, int]] = []

        def walk(units: list[UnitSpec], above: str | None) -> None:
            for position, unit in enumerate(units):
                found.append((unit, unit.parent or above, position))
                walk(unit.units, unit.code)

        walk(self.units, None)
        return found


def moment(value: datetime) -> datetime:
    """Cut an instant to whole seconds, as it is kept."""
    return value.replace(microsecond=0)
