"""What may be asked: the parameters of each route; anything else in the address is refused, so that a slip is not a wrong figure."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from monitor.domain.resources import RESOURCES
from monitor.i18n import N_

LARGEST_PAGE, PAGE = 500, 100
SPAN_BY_DAY = 731  # two years
SPAN = 3_653  # ten years, by month and year


def _known(code: str) -> str:
    if code not in RESOURCES:
        message = "not a resource"
        raise ValueError(message)
    return code


ResourceCode = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(RESOURCES)})]
Code = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2100, 12, 31))]  # no meter data before
Year = Annotated[int, Field(ge=1990, le=2100)]
UNIT, RESOURCE = N_("Code of a unit"), N_("electricity, water or paper")
YEAR, AS_OF = N_("Year, four digits"), N_("Last day counted, YYYY-MM-DD; the last complete day unless named")


class Question(BaseModel):
    """Parameters: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Question):
    """No parameters."""


class Paged(Question):
    """A list in pages."""

    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE, description=N_("Rows on a page, at most 500"))
    cursor: str | None = Field(None, max_length=500, description=N_("The next of the page before"))


class UnitsAsked(Paged):
    """All units in sight."""


class MetersAsked(Paged):
    """Meters, of a unit's sub-tree and a resource where named."""

    unit: Code | None = Field(None, description=UNIT)
    resource: ResourceCode | None = Field(None, description=RESOURCE)
    day: Day | None = Field(None, description=N_("Day of the shares, YYYY-MM-DD; the last complete day unless named"))


class ConsumptionAsked(Question):
    """One unit and resource, or one meter; both days belong to the span."""

    unit: Code | None = Field(None, description=N_("Code of a unit; either this with resource, or meter"))
    meter: Code | None = Field(None, description=N_("Code of a meter; either this, or unit"))
    resource: ResourceCode | None = Field(None, description=RESOURCE)
    from_: Day = Field(alias="from", description=N_("First day, YYYY-MM-DD"))
    to: Day | None = Field(None, description=N_("Last day, YYYY-MM-DD; never later than the last complete day"))
    by: Literal["day", "month", "year"] = Field(
        "day", description=N_("day (at most two years), month or year (ten years)")
    )
    assessed: bool = Field(True, description=N_("false: with what is deducted and not allocated (units alone)"))


class TargetsAsked(Question):
    """The targets of a unit."""

    unit: Code = Field(description=UNIT)
    resource: ResourceCode | None = Field(None, description=RESOURCE)
    year: Year | None = Field(None, description=YEAR)
    as_of: Day | None = Field(None, description=AS_OF)


class BoardAsked(Paged):
    """The board of a year."""

    year: Year | None = Field(None, description=YEAR)
    as_of: Day | None = Field(None, description=AS_OF)


class ComparisonAsked(Paged):
    """A ranking."""

    resource: ResourceCode = Field(description=RESOURCE)
    year: Year | None = Field(None, description=YEAR)
    as_of: Day | None = Field(None, description=AS_OF)
    by: Literal["target", "per_person", "per_m2"] = Field("target", description=N_("target, per_person or per_m2"))
    over: Literal["year", "twelve_months"] = Field(
        "year", description=N_("year: since 1 January; twelve_months: what a quota is for, with where each unit stands")
    )
    group: Literal["kind", "parent", "all"] = Field(
        "kind", description=N_("Who is compared: the same kind, the same parent, all")
    )


class ReportsAsked(Paged):
    """Reports of the archive."""

    unit: Code | None = Field(None, description=UNIT)
    month: str | None = Field(None, pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description=N_("Month, YYYY-MM"))
    language: Literal["zh", "en"] | None = Field(None, description=N_("zh or en"))
