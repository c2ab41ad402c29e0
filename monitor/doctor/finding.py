"""A thing that was looked at, and where the looks find it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.database.engine import Database
from monitor.i18n import LANGUAGES, both, translate
from monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `id` to quote, whether it is well, a sentence, and what to do where it is not."""

    id: str
    well: bool
    template: str
    remedy: str = ""
    data: dict[str, object] = field(default_factory=dict)

    def to_text(self) -> str:
        """Say it in both languages, in a line or two."""
        said = both(self.template, **self.data)
        if self.well:
            return f"✓ {said}"
        return f"! [{self.id}] {said}" + (f"\n    → {both(self.remedy, **self.data)}" if self.remedy else "")

    def to_json(self) -> dict[str, Any]:
        """Give it for machines: id, well, sentence and remedy in each language."""
        words = {"sentence": self.template, "remedy": "" if self.well else self.remedy}
        said = {
            name: {one: translate(text, one, **self.data) if text else "" for one in LANGUAGES}
            for name, text in words.items()
        }
        return {"id": self.id, "well": self.well, **said}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is looked at, and when."""

    settings: Settings
    database: Database
    now: datetime


def few(names: list[str], most: int = 3) -> str:
    """Give the first of some names."""
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
