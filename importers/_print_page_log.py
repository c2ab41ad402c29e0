"""Reads lines of a page_log by its PageLogFormat: anchored at what has a known form, whatever a title contains."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from importers._print_jobs import Bools, Ints

STANDARD = "%p %u %j %T %P %C %{job-billing} %{job-originating-host-name} %{job-name} %{media} %{sides}"
BLOCK = 8 << 20
LONGEST_LINE = 8192
UNREADABLE = "?"  # stands for a line that does not have the form: what it says may be a title
_TOKEN = re.compile(r"%(?:\{([^}]*)\}|(.))")
_TIME = r"\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)(?:\.\d{1,9})? (?P<offset>[+-]\d{4})\]"
_FORMS = {
    "p": r"(?P<printer>\S+)",
    "j": r"(?P<job>\d{1,18})",
    "T": _TIME,
    "P": r"(?P<page>total|\d{1,9})",
    "C": r"(?P<copies>\d{1,9})",
    "media": r"(?P<media>\S*)",
    "sides": r"(?P<sides>(?:one|two)-sided[a-z-]*|-|)",
}
_NEEDED = {"p": "%p", "T": "%T", "P": "%P", "C": "%C"}  # of page lines %j too: else jobs cannot be told apart
_MONTHS = {
    name: n
    for n, name in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"))
}


def tokens(layout: str) -> list[tuple[str, str]]:
    """Cut a PageLogFormat into (kind, text): literal text, or a field by its letter or attribute name."""
    found: list[tuple[str, str]] = []
    at = 0
    for match in _TOKEN.finditer(layout):
        if match.start() > at:
            found.append(("", layout[at : match.start()]))
        name = match[1] if match[2] is None else match[2]
        found.append(("", "%") if name == "%" else ("field", name))
        at = match.end()
    if at < len(layout):
        found.append(("", layout[at:]))
    return found


def problem(layout: str) -> str:
    """Say what a format lacks to be read; "" where nothing."""
    names = [text for kind, text in tokens(layout) if kind]
    lacking = [shown for name, shown in _NEEDED.items() if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if lacking:
        return f"it lacks {', '.join(lacking)}"
    return f"it names {', '.join(twice)} twice" if twice else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A format ready for reading: the pattern of a line, and what a line looks like without titles and names."""

    pattern: re.Pattern[str]
    clean: tuple[str, ...]  # literal text, or "<name>" of a group
    groups: dict[str, int]


@lru_cache(maxsize=32)
def layout(text: str) -> Layout:
    """Make a format ready; fields without a known form are taken together, as far as they stand side by side."""
    pattern, clean = "", []
    for kind, name in _runs(tokens(text)):
        if kind == "free":
            pattern += ".*"
            clean.append(name)
        elif kind and name == "u":  # beside free text a name ends at its first blank
            pattern += r"(?P<user>\S+)" if ".*" in pattern else r"(?P<user>.+?)"
            clean.append("<user>")
        elif kind:
            pattern += _FORMS[name]
            clean += ["[", "<time>", " ", "<offset>", "]"] if name == "T" else [f"<{_GROUP.get(name, name)}>"]
        else:
            pattern += re.escape(name)
            clean.append(name)
    made = re.compile(rf"^(?:{pattern})\r?$|^(?P<bad>[^\r\n].*)$|^\r?$", re.MULTILINE | re.ASCII)
    return Layout(made, tuple(clean), dict(made.groupindex))


def _runs(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join free fields and the literals between them into one run; its text is what stands for it."""
    result: list[tuple[str, str]] = []
    for kind, name in found:
        if kind and name not in _FORMS and name != "u":
            if len(result) > 1 and not result[-1][0] and result[-2][0] == "free":
                between = result.pop()[1]
                result[-1] = ("free", f"{result[-1][1]}{between}-")
            elif result and result[-1][0] == "free":
                result[-1] = ("free", result[-1][1] + "-")
            else:
                result.append(("free", "-"))
        else:
            result.append((kind, name))
    return result


def cleaned(text: str, user: Callable[[str], str], shape: Layout) -> str:
    """Give lines without titles and names: `user` gives what stands for a login name; what has not the form is a mark."""
    groups = shape.groups
    bad = groups["bad"] - 1
    parts = [(groups[part[1:-1]] - 1 if part.startswith("<") else -1, part) for part in shape.clean]
    who = groups.get("user", 0) - 1
    anchor = groups["printer"] - 1

    def line(found: re.Match[str]) -> str:
        said = found.groups("")
        if not said[anchor]:
            return UNREADABLE if said[bad] else ""
        return "".join(
            part if index < 0 else user(said[index]) if index == who else said[index] for index, part in parts
        )

    return shape.pattern.sub(line, text)


def blocks(path: Path) -> Iterator[str]:
    """Give the text of a log in blocks of whole lines, each byte one character; a line of a size that none has is a mark."""
    rest = ""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            text = rest + block.decode("latin-1")
            text, line, rest = text.rpartition("\n")
            if line:
                yield _TOO_LONG.sub(UNREADABLE, text)
            if len(rest) > BLOCK:
                rest = UNREADABLE * (LONGEST_LINE + 1)
    if rest:
        yield _TOO_LONG.sub(UNREADABLE, rest)


_GROUP = {"p": "printer", "j": "job", "P": "page", "C": "copies"}
_TOO_LONG = re.compile(rf"^[^\n]{{{LONGEST_LINE + 1},}}", re.MULTILINE)


@dataclass(slots=True)
class Lines:
    """The lines of a log that have the form: codes into `printers`, `users`, `sizes`; `page` 0 is a job line; -1 no job id."""

    when: Ints
    printer: Ints
    user: Ints
    job: Ints
    page: Ints
    copies: Ints
    media: Ints
    duplex: Bools
    row_no: Ints
    printers: list[str]
    users: list[str]
    sizes: list[str]
    bad: list[tuple[int, str]]


class Words:
    """Numbers texts in the order in which they are met."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def codes(self, texts: Sequence[str]) -> Ints:
        """Give the number of each text."""
        codes, uniques = pd.factorize(np.array(texts, dtype=object))
        numbers = [self.known.setdefault(str(text), len(self.known)) for text in uniques]
        return np.array(numbers, dtype=np.int64)[codes]


def read(path: Path, shape: Layout) -> Lines:
    """Read a log; lines that have not the form are in `bad`, with their number and the reason's code."""
    words = {name: Words() for name in ("printer", "user", "media")}
    parts: list[dict[str, Ints]] = []
    bad: list[tuple[int, str]] = []
    done = 0
    for block in blocks(path):
        part, lost, lines = _block(block, shape, words, done)
        parts.append(part)
        bad += lost
        done += lines
    names = ("when", "printer", "user", "job", "page", "copies", "media", "duplex", "row_no")
    empty = np.zeros(0, dtype=np.int64)
    columns = {name: np.concatenate([empty, *(part[name] for part in parts)]) for name in names}
    texts = {name: list(words[name].known) for name in words}
    return Lines(
        **columns | {"duplex": columns["duplex"].astype(bool)},
        printers=[text_of(name) for name in texts["printer"]],
        users=[text_of(name) for name in texts["user"]],
        sizes=[text_of(name) for name in texts["media"]],
        bad=bad,
    )


def text_of(raw: str) -> str:
    """Give the text of bytes held one by one: UTF-8, else what a Chinese or a Western machine writes."""
    data = raw.encode("latin-1")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw


def _block(
    text: str, shape: Layout, words: dict[str, Words], done: int
) -> tuple[dict[str, Ints], list[tuple[int, str]], int]:
    found = shape.pattern.findall(text)
    names = sorted(shape.groups, key=shape.groups.__getitem__)
    good = [line for line in found if _fits(line)]
    rows = np.arange(len(found))
    lost: list[tuple[int, str]] = []
    if len(good) < len(found):
        rows = np.flatnonzero([_fits(line) for line in found])
        lost = [(done + n, "LINE_UNREADABLE") for n, line in enumerate(found, 1) if line[-1]]
    columns = dict(zip(names, zip(*good, strict=True), strict=True)) if good else dict.fromkeys(names, ())
    when, wrong = instants(columns["time"], columns["offset"])
    nothing = ("",) * len(rows)
    part = {
        "when": when,
        "printer": words["printer"].codes(columns["printer"]),
        "user": words["user"].codes(columns.get("user", nothing)),
        "job": np.array(columns.get("job", ("-1",) * len(rows)), dtype="S18").astype(np.int64),
        "page": _numbers(columns["page"], {"total": 0, "0": 1}),
        "copies": _numbers(columns["copies"], {}),
        "media": words["media"].codes(columns.get("media", nothing)),
        "duplex": _numbers(columns.get("sides", nothing), None),
        "row_no": rows + done + 1,
    }
    if wrong.any():
        lost += [(int(row) + done + 1, "TIME_UNREADABLE") for row in rows[wrong]]
        part = {name: values[~wrong] for name, values in part.items()}
    return part, lost, len(found)


def _fits(line: tuple[str, ...]) -> bool:
    """Tell whether a line had the form: one that has not fills the last group alone, an empty one none."""
    return not line[-1] and any(line)


def _numbers(texts: Sequence[str], special: Mapping[str, int] | None) -> Ints:
    """Give numbers; `special` texts have their own, and without such two-sided is 1."""
    codes, uniques = pd.factorize(np.array(texts, dtype=object))
    if special is None:
        values = [int(str(text).startswith("two")) for text in uniques]
    else:
        values = [special[text] if text in special else int(text) for text in map(str, uniques)]
    return np.array([*values, 0], dtype=np.int64)[codes]


def instants(times: Sequence[str], offsets: Sequence[str]) -> tuple[Ints, Bools]:
    """Give epoch seconds of `23/Nov/2026:15:34:16` with `+1100`, and which are no time."""
    raw = np.array(times, dtype="S20")
    letters = raw.view(np.uint8).reshape(len(raw), 20).astype(np.int64) - ord("0")
    days, unique = pd.factorize(raw.astype("S11").astype(object))
    day = np.array([_day(text.decode("ascii", "replace")) for text in unique] + [-1], dtype=np.int64)[days]
    hour, minute, second = (letters[:, at] * 10 + letters[:, at + 1] for at in (12, 15, 18))
    wrong = (day < 0) | (hour > 23) | (minute > 59) | (second > 60)  # noqa: PLR2004 - a clock's own numbers
    zones, offset = pd.factorize(np.array(offsets, dtype=object))
    ahead = np.array([_ahead(str(text)) for text in offset] + [0], dtype=np.int64)[zones]
    return day * 86_400 + hour * 3600 + minute * 60 + second - ahead, wrong


@lru_cache(maxsize=4096)
def _day(text: str) -> int:
    """Give the days since 1970 of `23/Nov/2026`; -1 where there is no such day."""
    try:
        return date(int(text[7:]), _MONTHS[text[3:6]] + 1, int(text[:2])).toordinal() - _EPOCH
    except (KeyError, ValueError):
        return -1


def _ahead(text: str) -> int:
    return (-1 if text[0] == "-" else 1) * (int(text[1:3]) * 3600 + int(text[3:5]) * 60)


_EPOCH = date(1970, 1, 1).toordinal()
