"""The table of docs/security.md: each requirement once, each test that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LEVEL_2 = 253  # requirements of levels 1 and 2 in ASVS 5.0.0


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or (name and f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8"))
    ]

    assert len(named) > 100
    assert missing == []


def test_every_requirement_stands_there_once() -> None:
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|", PAGE, re.MULTILINE)
    others = re.findall(r"\b(\d+\.\d+\.\d+)\b", PAGE.partition("\nNot applicable: ")[2].partition("\n\n")[0])

    assert len({*rows, *others}) == len(rows) + len(others) == LEVEL_2
