"""Every package that is installed with Jieyue may be passed on beside Apache-2.0."""

import importlib.metadata
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Licences that ask for no more than their notice.
FREE = re.compile(
    r"\b(MIT|MIT-0|BSD|0BSD|BSD[- ][23][- ]Clause|Apache|ISC|PSF-2\.0|Zlib|ZPL|Zope|CC0-1\.0|Python Software)\b"
)
# Used as they come, each by itself and replaceable by whoever installs it: what their licences ask for.
ASKED_MORE = {
    "certifi": "MPL-2.0",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "pysqlite3": "zlib (its package does not say so, its sources do)",
}
ELSEWHERE = {"colorama"}  # for Windows alone; BSD-3-Clause


def shipped() -> set[str]:
    """Name the packages that uv.lock installs with Jieyue, without what only its development wants."""
    with (ROOT / "uv.lock").open("rb") as lock:
        known: dict[str, Any] = {one["name"]: one for one in tomllib.load(lock)["package"]}
    todo, found = ["jieyue"], set[str]()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            for wanted in known[name].get("dependencies", []):
                todo.append(wanted["name"])
                more = known[wanted["name"]].get("optional-dependencies", {})
                todo += [one["name"] for extra in wanted.get("extra", []) for one in more[extra]]
    return found - {"jieyue"}


def licence(name: str) -> str:
    """Say what a package says of its licence: expression, classifiers, else the first line of its text."""
    said = importlib.metadata.metadata(name)
    kinds = [one.removeprefix("License :: ") for one in said.get_all("Classifier", []) if one.startswith("License")]
    return said.get("License-Expression") or "; ".join(kinds) or (said.get("License") or "").partition("\n")[0]


def test_each_package_may_be_passed_on() -> None:
    told = {name: licence(name) for name in shipped() - ELSEWHERE}
    parts = {name: re.split(r" AND |; | OR ", text) for name, text in told.items()}
    asking = {name: told[name] for name, each in parts.items() if not all(FREE.search(part) for part in each)}

    assert len(told) > 60
    assert set(asking) == set(ASKED_MORE), asking
    assert all("GPL" not in text or name.startswith("psycopg") for name, text in told.items())
