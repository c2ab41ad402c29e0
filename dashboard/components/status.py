"""A target's status as sign, word and tone; colour is never the only one."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dash import html
from dash.development.base_component import Component

from monitor import i18n
from monitor.domain.targets import Status, TargetProgress
from monitor.i18n import N_, translate


@dataclass(frozen=True, slots=True)
class Look:
    """How a status shows: `rank` sorts the worst first."""

    sign: str
    word: str
    tone: str
    rank: int


LOOKS: dict[Status, Look] = {
    Status.USED_UP: Look("■", N_("Allowance used up"), "bad", 0),
    Status.MISSED: Look("✖", N_("Missed"), "bad", 1),
    Status.BEHIND: Look("▲", N_("Behind"), "bad", 2),
    Status.AT_RISK: Look("◆", N_("At risk"), "warn", 3),
    Status.NOT_JUDGED: Look("?", N_("Not judged"), "none", 4),
    Status.ON_TRACK: Look("●", N_("On track"), "good", 5),
    Status.MET: Look("✔", N_("Met"), "good", 6),
}
NO_TARGET = Look("–", N_("No target"), "none", 7)


def look(progress: TargetProgress | None) -> Look:
    """Give the look of a judged target, or of none."""
    return NO_TARGET if progress is None else LOOKS[progress.status]


def badge(progress: TargetProgress | None, language: str) -> Component:
    """Draw the status as a pill with sign and word."""
    seen = look(progress)
    sign = html.Span(seen.sign, **{"aria-hidden": "true"})
    return html.Span([sign, html.Span(translate(seen.word, language))], className=f"status {seen.tone}")


def pace(progress: TargetProgress | None) -> Fraction | None:
    """Give the pace of a judged target; None for one not judged, where missing readings would look like a saving."""
    return None if progress is None or progress.status is Status.NOT_JUDGED else progress.pace


def light(progress: TargetProgress | None, language: str, href: str) -> dict[str, Any]:
    """Give a cell of a board: sign, word and tone of a status, its rank, the pace, why it is so, and where it leads."""
    seen, share = look(progress), pace(progress)
    return {
        "sign": seen.sign,
        "word": translate(seen.word, language),
        "tone": seen.tone,
        "rank": seen.rank - float(min(share or 0, 9) / 10),
        "pace": "" if share is None else i18n.percent(share, language, digits=0),
        "why": reasons(progress, language),
        "href": href,
    }


def reasons(progress: TargetProgress | None, language: str) -> str:
    """Say why a target is not judged, or what is odd about it; empty where nothing is."""
    if progress is None:
        return ""
    return " ".join(translate(finding.template, language, **finding.data) for finding in progress.reasons)
