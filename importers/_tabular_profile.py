"""The declared profile of a table: what its columns mean. Every key is documented in docs/profiles.md."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from monitor.intake.contract import ConfigurationError

Column = str | int  # a header text, "~" and a regular expression for one, or a column number from 1


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone (examples: Asia/Shanghai, UTC)") from error
    return value


Regex = Annotated[str, AfterValidator(_regex)]
Zone = Annotated[str, AfterValidator(_zone)]
STEP = re.compile(r"(\d+) ?(min|h|d|mo)")
SECONDS = {"min": 60, "h": 3600, "d": 86_400}


class Part(BaseModel):
    """A table of the profile; keys it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MeterPart(Part):
    """[meter]: whose reading it is. Exactly one of the first three."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    column: Column | None = None
    file_name: Regex | None = None
    constant: str | None = None
    register_column: Column | None = None
    register_constant: str = Field("", alias="register")

    @model_validator(mode="after")
    def _one(self) -> "MeterPart":
        if sum(given is not None for given in (self.column, self.file_name, self.constant)) != 1:
            raise ValueError("give exactly one of column, file_name, constant")
        return self


def _formats(value: str | list[str]) -> str | list[str]:
    for one in [value] if isinstance(value, str) else value:
        if one not in {"iso", "epoch", "excel"}:
            try:
                pd.to_datetime(["1999-12-31"], format=one.replace("%e", "%d"), errors="coerce", utc="%z" in one)
            except ValueError as error:
                raise ValueError(f"not a time format: {error}") from error
    return value


Formats = Annotated[str | list[str], AfterValidator(_formats)]


class TimePart(Part):
    """[time]: when. `column` (several are joined by a blank) or `start` and `end`, or `file_name` for months."""

    column: Column | list[Column] | None = None
    start: Column | None = None
    end: Column | None = None
    end_inclusive: bool = False
    format: Formats = "iso"
    zone: Zone = "Asia/Shanghai"
    label: Literal["start", "end"] = "end"
    interval: str | int = ""
    at: str = "00:00"
    file_name: Regex | None = None
    year: int = Field(0, ge=0, le=2200)
    long_days: Literal["elapsed", "clock"] = "elapsed"

    @field_validator("interval")
    @classmethod
    def _interval(cls, value: str | int) -> str:
        text = f"{value} min" if isinstance(value, int) else value
        if text and not STEP.fullmatch(text):
            raise ValueError("an interval is minutes, or like 15min, 1h, 1d, 1mo")
        return text

    @property
    def step(self) -> int:
        """Seconds of the interval; 0 where none is given or it is days or months long."""
        found = STEP.fullmatch(str(self.interval))
        return 0 if not found or found[2] in {"d", "mo"} else int(found[1]) * SECONDS[found[2]]

    @property
    def calendar(self) -> tuple[int, int]:
        """Days and months of the interval, counted on the local calendar."""
        found = STEP.fullmatch(str(self.interval))
        number = int(found[1]) if found else 0
        unit = found[2] if found else ""
        return (number if unit == "d" else 0, number if unit == "mo" else 0)


class ValuePart(Part):
    """[value]: how much."""

    column: Column | None = None
    columns: Regex | None = None
    first: Column | None = None
    count: int = Field(0, ge=0, le=1500)
    kind: Literal["interval", "cumulative", "power", "bill", "event", "gauge"] = "interval"
    measure: str = ""
    measure_column: Column | None = None
    measure_header: Regex | None = None
    missing: list[str] = []
    amount: Column | None = None
    currency: str = "CNY"
    invoice: Column | None = None
    previous: Column | None = None
    multiplier: Column | None = None
    usage: Column | None = None
    factors: dict[str, Annotated[float, Field(gt=0, le=1e6)]] = {}


class StatusPart(Part):
    """[status]: what a status column says of a reading."""

    column: Column
    map: dict[str, Literal["measured", "estimated", "suspect", "missing", "refused"]]
    default: Literal["", "measured", "estimated", "suspect", "missing", "refused"] = ""


class Profile(Part):
    """A whole profile."""

    layout: Literal["rows", "days", "months", "year", "bills", "sheets"] = "rows"
    resource: str = ""
    encoding: str = "auto"
    delimiter: str = "auto"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    header: Literal["auto"] | Annotated[int, Field(ge=0, le=200)] = "auto"
    skip: Regex = ""
    end: Regex = ""
    sheet: Regex = ""
    member: Regex = ""
    complete: Literal["", "file", "months"] = ""
    private: bool = False
    meter: MeterPart
    time: TimePart
    value: ValuePart
    status: StatusPart | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Profile":
        problem = _problem(self)
        if self.time.year and self.layout != "year":
            problem = "time.year is for layout = 'year' alone"
        if problem:
            raise ValueError(problem)
        return self


def _problem_of_events(p: Profile) -> str:
    if p.value.factors and not p.value.measure:
        return "value.factors needs value.measure: of what there are so many"
    if p.value.kind != "event":
        return "complete is for value.kind = 'event' alone" if p.complete else ""
    if p.layout != "rows":
        return "events are one a row: layout = 'rows'"
    return "" if p.complete else "complete is missing: 'file' or 'months', for which time the table has every event"


def _problem(p: Profile) -> str:
    if wrong := _problem_of_events(p):
        return wrong
    ranged = p.time.start is not None and p.time.end is not None
    if p.layout in {"rows", "days", "sheets"} and p.time.column is None and not ranged:
        return "time.column is missing"
    if p.layout == "bills" and not ranged:
        return "time.start and time.end are missing"
    if p.layout == "months" and p.time.column is None and p.time.file_name is None:
        return "time.column or time.file_name is missing"
    if p.layout in {"rows", "bills", "sheets"} and p.value.column is None:
        return "value.column is missing"
    if p.layout in {"days", "months"} and not (p.value.columns or (p.value.first is not None and p.value.count)):
        return "value.columns, or value.first and value.count, are missing"
    if p.layout == "rows" and p.value.kind in {"interval", "power"} and not ranged and not p.time.interval:
        return "time.interval is missing (or time.start and time.end)"
    return ""


def ready_made() -> tuple[str, ...]:
    """Name the profiles that come with us."""
    folder = files("importers") / "profiles"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def load(profile: str | Path | dict[str, Any]) -> dict[str, Any]:
    """Give a profile's table: an inline one as it is, a ready-made one by name, else a TOML file.

    A table with `base` takes from the profile of that name what it does not say itself.
    """
    table = profile if isinstance(profile, dict) else _text(profile)
    if not isinstance(table.get("base"), str):
        return table
    return _over(_text(table["base"]), {key: value for key, value in table.items() if key != "base"})


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        inner = both.get(key)
        both[key] = _over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both


def _text(profile: str | Path) -> dict[str, Any]:
    ready = files("importers") / "profiles" / f"{profile}.toml"
    try:
        text = ready.read_text("utf-8") if ready.is_file() else Path(profile).read_text("utf-8-sig")
        return tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            "PROFILE_UNREADABLE", "The profile {profile} cannot be read: {reason}", profile=profile, reason=error
        ) from error
