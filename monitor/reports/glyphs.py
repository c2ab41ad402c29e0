"""Which characters fonts can show, so that one they lack is seen to be missing and does not vanish; long words may break."""

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOX = "□"
ALIKE = str.maketrans({"✔": "√", "✖": "×", "\ufffd": BOX, "\xa0": " "})
# Characters that show nothing by themselves: joiners, marks of direction, variation selectors.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
LONG = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uffef]{25,}")
PIECE = 12


@dataclass(frozen=True, slots=True)
class Coverage:
    """The code points that every font of a family has."""

    known: frozenset[int]

    @classmethod
    def of(cls, paths: Iterable[Path]) -> "Coverage":
        """Read what all these fonts have."""
        sets = [characters(path.read_bytes()) for path in paths]
        return cls(frozenset(sets[0].intersection(*sets[1:])))

    def fit(self, laid: Any) -> tuple[Any, list[str]]:  # noqa: ANN401 - JSON
        """Give a document with each character that is not known as a box, and these characters in order."""
        missing: dict[str, None] = {}
        return self._fit(laid, missing), list(missing)

    def _fit(self, value: Any, missing: dict[str, None]) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, str):
            return value if value.isascii() and len(value) < 25 else self._words(value, missing)  # noqa: PLR2004 - LONG
        if isinstance(value, list):
            return [self._fit(part, missing) for part in value]
        if isinstance(value, dict):
            return {key: self._fit(part, missing) for key, part in value.items()}
        return value

    def _words(self, value: str, missing: dict[str, None]) -> str:
        shown = UNSEEN.sub("", value.translate(ALIKE))
        strange = {letter for letter in shown if ord(letter) not in self.known}
        if strange:
            missing.update((letter, None) for letter in shown if letter in strange)
            shown = "".join(BOX if letter in strange else letter for letter in shown)
        return LONG.sub(_pieces, shown)


def _pieces(found: re.Match[str]) -> str:
    """Let a word longer than a column break."""
    word = found[0]
    return "\u200b".join(word[at : at + PIECE] for at in range(0, len(word), PIECE))


def characters(font: bytes) -> set[int]:
    """Give the code points of a TrueType or OpenType font: its Unicode tables of format 4 and 12."""
    count = struct.unpack_from(">H", font, 4)[0]
    tables = [struct.unpack_from(">4sLLL", font, 12 + 16 * index) for index in range(count)]
    base = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    found: set[int] = set()
    for index in range(struct.unpack_from(">H", font, base + 2)[0]):
        offset = base + struct.unpack_from(">HHL", font, base + 4 + 8 * index)[2]
        form = struct.unpack_from(">H", font, offset)[0]
        if form == 4:  # noqa: PLR2004 - the format's number
            found |= _four(font, offset)
        elif form == 12:  # noqa: PLR2004 - the format's number
            for group in range(struct.unpack_from(">L", font, offset + 12)[0]):
                first, last, _ = struct.unpack_from(">LLL", font, offset + 16 + 12 * group)
                found.update(range(first, last + 1))
    return found


def _four(font: bytes, offset: int) -> set[int]:
    double = struct.unpack_from(">H", font, offset + 6)[0]
    many = f">{double // 2}H"
    ends = struct.unpack_from(many, font, offset + 14)
    starts = struct.unpack_from(many, font, offset + 16 + double)
    return {
        code
        for first, last in zip(starts, ends, strict=True)
        for code in range(first, last + 1)
        if code != 0xFFFF  # noqa: PLR2004 - the end mark
    }
