"""Rules of alerts as pure functions of what holds now: what opens, what closes, what stays; never the same twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.domain.targets import Status
from monitor.i18n import N_

SOURCE_LATE = "source_late"
JOB_FAILED = "job_failed"
JOB_BEYOND_WINDOW = "job_beyond_window"
CLOCK_BACK = "clock_back"
DELIVERY_MISSING = "delivery_missing"
ROWS_REFUSED = "rows_refused"
OVER_PACE = "over_pace"
BELOW_COVERAGE = "below_coverage"
CLOSED_CHANGED = "closed_changed"
BILL_DIFFERS = "bill_differs"

OVER = frozenset({Status.BEHIND, Status.USED_UP, Status.MISSED})
BACK = frozenset({Status.ON_TRACK, Status.MET})


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that a rule may be given: its words, what holds without a choice, and the range allowed."""

    key: str
    label: str
    default: int
    least: int = 0
    most: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of alert: name, what it says of a subject, what it means, its limits; `by_hand`: acknowledging closes it."""

    kind: str
    name: str
    sentence: str
    meaning: str
    limits: tuple[Limit, ...] = ()
    by_hand: bool = False


RULES: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        Rule(
            SOURCE_LATE,
            N_("Source is late"),
            N_("{name} has delivered nothing since {since}."),
            N_("Opens when a source brought no new document for longer than its own limit; closes with the next one."),
        ),
        Rule(
            JOB_FAILED,
            N_("Job failed"),
            N_("{name} gave up: {error}"),
            N_("Opens when a job gave up after its tries; closes when it runs through again."),
        ),
        Rule(
            JOB_BEYOND_WINDOW,
            N_("Periods not caught up"),
            N_("{name}: {count} periods from {first} to {last} lie too far back and were not run."),
            N_("Opens when the program was off for longer than missed work is caught up; closes when acknowledged."),
            by_hand=True,
        ),
        Rule(
            CLOCK_BACK,
            N_("Clock went back"),
            N_("The server's clock went back: work up to {until} UTC was done already and is not done twice."),
            N_(
                "Opens when work is entered as done for a time that is still to come: the clock was ahead, or is behind now, "
                "which nobody can tell from here. Look at the clock; until then run by hand what cannot wait. Closes when that time is reached."
            ),
        ),
        Rule(
            DELIVERY_MISSING,
            N_("Delivery missing"),
            N_("{name}: no data from {first} to {last}, although later days came ({meters} meters)."),
            N_("Opens when days of a source or meter stay empty while later ones came; closes when they are filled."),
            (
                Limit("days", N_("Looks back, days"), 180, 7, 730),
                Limit("least", N_("Shortest hole, days"), 1, 1, 90),
                Limit("share", N_("One alert for the source from this share of its meters on, %"), 50, 1, 100),
            ),
        ),
        Rule(
            ROWS_REFUSED,
            N_("Rows refused"),
            N_("{name}: {refused} of {read} rows of {document} were refused."),
            N_(
                "Opens when a file had more refused rows than the limit; closes with the next file of the source below it."
            ),
            (Limit("rows", N_("Refused rows allowed in a file"), 10),),
        ),
        Rule(
            OVER_PACE,
            N_("Over pace"),
            N_("{name}, {resource}: {pace} % of what is allowed by now."),
            N_("Opens when a target turns behind or its allowance is used up; closes when it is back on track."),
            (Limit("over", N_("Only from this much over the pace on, %"), 5, 0, 100),),
        ),
        Rule(
            BELOW_COVERAGE,
            N_("No longer judged"),
            N_("{name}, {resource}: only {coverage} % measured, so the target is not judged any more."),
            N_("Opens when a target that was judged before has too little data now; closes when it is judged again."),
            (Limit("days", N_("Judged at some time within days"), 180, 7, 366),),
        ),
        Rule(
            CLOSED_CHANGED,
            N_("Closed month changed"),
            N_("{name}: {count} figures of {month}, closed by {by}, read otherwise today."),
            N_(
                "Opens when figures of a closed month are no longer what was kept; closes when they agree again or the "
                "month is reopened."
            ),
        ),
        Rule(
            BILL_DIFFERS,
            N_("Bill differs from the meter"),
            N_("{name}: the bill from {first} to {last} differs by {difference} % from what the meter measured."),
            N_(
                "Opens when a bill and its meter are further apart than allowed; closes when they agree. Two meters of "
                "accuracy class 1 to 2 may be 3 % apart although both are right."
            ),
            (
                Limit("difference", N_("Difference allowed, %"), 3, 0, 100),
                Limit("price", N_("Change of the unit price allowed, %"), 10, 0, 100),
                Limit("coverage", N_("Compared only where so much was measured, %"), 99, 1, 100),
                Limit("days", N_("Looks back, days"), 180, 7, 730),
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds now and deserves an alert: rule and subject name it, `data` is the evidence at that moment."""

    rule: str
    subject: str
    unit_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transition:
    """What changes: conditions to open, subjects to close."""

    opened: tuple[Condition, ...]
    closed: tuple[str, ...]


def transition(open_now: Iterable[str], holding: Iterable[Condition], undecided: Iterable[str] = ()) -> Transition:
    """Compare what is open of a rule with what holds; what is undecided neither opens nor closes. Twice changes nothing."""
    standing = set(open_now)
    found = {one.subject: one for one in holding}
    opened = tuple(one for subject, one in found.items() if subject not in standing)
    return Transition(opened, tuple(sorted(standing - set(found) - set(undecided))))


def limits(kind: str, chosen: Mapping[str, Any]) -> dict[str, int]:
    """Give the limits of a rule: its defaults, with what was chosen within the range allowed."""
    return {
        limit.key: min(max(int(chosen.get(limit.key, limit.default)), limit.least), limit.most)
        for limit in RULES[kind].limits
    }


def pace_verdict(status: Status) -> bool | None:
    """Tell whether a target is over pace (True), back (False), or neither: at risk and not judged decide nothing."""
    if status in OVER:
        return True
    return False if status in BACK else None


def coverage_verdict(now: Status, before: Iterable[Status]) -> bool:
    """Tell whether a target is not judged now although it was at one of the earlier looks."""
    return now is Status.NOT_JUDGED and any(status is not Status.NOT_JUDGED for status in before)


@dataclass(frozen=True, slots=True)
class Hole:
    """Days first..last without data, between days with data: of one meter, or of `meters` of a source at once."""

    source: str
    meter: str  # "" for the source as a whole
    first: int
    last: int
    meters: int

    @property
    def subject(self) -> str:
        """Name it: the source or meter, and the first day."""
        return f"{self.source or self.meter}:{self.first}" if not self.meter else f"meter:{self.meter}:{self.first}"

    def meets(self, other: "Hole") -> bool:
        """Tell whether both are of the same source or meter and share a day."""
        same = (self.source, self.meter) == (other.source, other.meter)
        return same and self.first <= other.last and other.first <= self.last


def holes(days: Mapping[str, frozenset[int]], source: str, *, least: int = 1, share: int = 50) -> list[Hole]:
    """Find the empty days of the meters of one source: between the first and last day with data of each.

    A day that at least `share` percent of the meters running on it lack is a hole of the source, once; what else a meter lacks
    is its own. Holes shorter than `least` days are left out.
    """
    missing = {meter: _inside(given) for meter, given in days.items() if given}
    running: dict[int, int] = {}
    lacking: dict[int, int] = {}
    for meter, given in days.items():
        for day in range(min(given), max(given) + 1) if given else ():
            running[day] = running.get(day, 0) + 1
            lacking[day] = lacking.get(day, 0) + (day in missing[meter])
    common = {day for day, count in lacking.items() if count > 1 and count * 100 >= share * running[day]}
    if len(days) == 1:
        common = set()
    found = [
        Hole(source, "", first, last, max(lacking[day] for day in range(first, last + 1)))
        for first, last in stretches(sorted(common))
    ]
    for meter, empty in sorted(missing.items()):
        found += [Hole(source, meter, first, last, 1) for first, last in stretches(sorted(empty - common))]
    return [hole for hole in found if hole.last - hole.first + 1 >= least]


def _inside(given: frozenset[int]) -> set[int]:
    return set(range(min(given), max(given))) - given


def stretches(days: Sequence[int]) -> list[tuple[int, int]]:
    """Join sorted days into stretches (first, last)."""
    found: list[tuple[int, int]] = []
    for day in days:
        if found and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
