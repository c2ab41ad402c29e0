"""Charts of a report as inline SVG drawn here: no script, no font, no address, the same bytes for the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup, escape

WIDTH = 680
INK, MUTED, RULE = "#1f2933", "#6b7785", "#d5dbe1"
NOW, BEFORE = "#1f5f8b", "#b9c6d2"


HATCH = (
    '<defs><pattern id="gap" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="5" height="5" fill="#fff"/><rect width="2" height="5" fill="{NOW}"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of the chart: what was used, the year before, whether it is known well enough to be drawn full."""

    label: str
    now: int | None
    before: int | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled upright line on the target scale."""

    value: int
    label: str
    dashed: bool = False


def _svg(height: int, title: str, body: Sequence[str]) -> Markup:
    head = f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" aria-label="{escape(title)}" class="chart">'
    return Markup(head + f"<title>{escape(title)}</title>" + "".join(body) + "</svg>")  # noqa: S704 - every text in body is escaped


def _text(x: float, y: float, words: str, *, anchor: str = "middle", colour: str = MUTED, size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, *, fill: str, extra: str = "") -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{extra}/>'


def _line(x: float, y: float, to: tuple[float, float], *, colour: str = RULE, extra: str = "") -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to[0]:.1f}" y2="{to[1]:.1f}" stroke="{colour}"{extra}/>'


def nice_ceiling(value: int) -> int:
    """Give a round number not below `value`: a few tenths of a power of ten; at least 1."""
    power = 1
    while power * 10 <= value:
        power *= 10
    steps = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)
    return next(-(-step * power // 10) for step in steps if step * power >= 10 * max(value, 1))


def months(title: str, bars: Sequence[Bar], top_label: str, top: int) -> Markup:
    """Draw the months of a year beside those of the year before; an incompletely measured month is hatched, an unknown one empty."""
    height, left, base, full = 190, 64, 160, 136
    slot = (WIDTH - left) / max(len(bars), 1)
    wide = slot * 0.34
    body = [HATCH]
    for step in (0, 1, 2):
        y = base - full * step / 2
        body.append(_line(left, y, (WIDTH, y), colour=MUTED if step == 0 else RULE))
    body += [_text(left - 6, base - full + 4, top_label, anchor="end"), _text(left - 6, base + 4, "0", anchor="end")]
    for index, bar in enumerate(bars):
        x = left + slot * index + slot / 2
        for value, offset, fill in (
            (bar.before, -wide - 1, BEFORE),
            (bar.now, 1, NOW if bar.complete else "url(#gap)"),
        ):
            if value is not None and value > 0:
                tall = float(Fraction(full * value, top))
                outline = f' stroke="{NOW}" stroke-width="0.8"' if fill.startswith("url") else ""
                body.append(_rect(x + offset, base - tall, wide, tall, fill=fill, extra=outline))
        body.append(_text(x, base + 17, bar.label))
    return _svg(height, title, body)


def bullet(title: str, used: int, marks: Sequence[Mark], span: tuple[int, int] | None, *, colour: str) -> Markup:
    """Draw what was used as a bar on a scale with marks (allowed to date, allowance) and the forecast's range as a band.

    Labels of marks are put above and below in turn, so that neighbours do not lie upon each other.
    """
    top = max([used, *(mark.value for mark in marks), *(span or ())], default=1) or 1
    scale = (WIDTH - 40) / float(top) * 0.94

    def at(value: int) -> float:
        return 8 + scale * value

    body = [_rect(8, 28, WIDTH - 16, 22, fill="#eef1f4")]
    if span is not None:
        body.append(_rect(at(span[0]), 28, max(at(span[1]) - at(span[0]), 2), 22, fill="#d8c9a3"))
    body.append(_rect(8, 33, max(at(used) - 8, 1), 12, fill=colour))
    for index, mark in enumerate(sorted(marks, key=lambda item: item.value)):
        x = at(mark.value)
        dash = ' stroke-width="2" stroke-dasharray="3 2"' if mark.dashed else ' stroke-width="2"'
        body.append(_line(x, 24, (x, 54), colour=INK, extra=dash))
        anchor = "end" if x > WIDTH * 0.66 else "start" if x < WIDTH * 0.2 else "middle"
        body.append(_text(x, 18 if index % 2 == 0 else 68, mark.label, anchor=anchor, colour=INK))
    return _svg(74, title, body)
