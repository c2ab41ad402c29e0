"""The house rules that a linter does not know: sizes, first sentences, words that must not appear."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("monitor", "dashboard", "importers")
FILE_CAP = 400
TABLES_CAP = 800
FUNCTION_CAP = 50


def modules() -> list[Path]:
    found = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return [path for path in found if "migrations/versions" not in path.as_posix()]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=_name)
def test_a_module_begins_with_one_sentence_and_stays_one_room(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    cap = TABLES_CAP if path.name == "tables.py" else FILE_CAP

    assert len(text.splitlines()) <= cap
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", modules(), ids=_name)
def test_no_function_is_longer_than_fifty_lines(path: Path) -> None:
    long = [
        f"{node.name}: {length}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (length := _body_lines(node)) > FUNCTION_CAP
    ]

    assert long == []


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


def test_half_of_the_modules_fit_on_a_screen_or_two() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in modules() if path.stat().st_size)

    assert lengths[len(lengths) // 2] <= 160


def test_every_test_is_named_as_a_sentence() -> None:
    short = [
        f"{_name(path)}::{node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.name.count("_") < 3
    ]

    assert short == []


def test_no_test_sleeps() -> None:
    sleepy = [
        _name(path)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "time.sleep(" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]

    assert sleepy == []
