"""Every sentence that people read has its Chinese, with the same fields."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from monitor import i18n

ROOT = Path(__file__).resolve().parents[2]
SENTENCE_CALLS = {"translate": 0, "both": 0, "N_": 0, "t": 0}
ERRORS = {
    "JieyueError",
    "ConfigurationError",
    "DocumentRefused",
    "SourceUnavailable",
    "ResourceBusy",
    "NotFound",
    "Forbidden",
    "Conflict",
}


def sentences() -> Iterator[tuple[str, str]]:
    """Give (where, sentence) for each literal handed to a translating function or to an error."""
    for package in ("monitor", "dashboard", "importers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    index = SENTENCE_CALLS.get(name, 1 if name in ERRORS else -1)
                    if 0 <= index < len(node.args):
                        literal = node.args[index]
                        if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                            yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", literal.value


def fields(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)", text))


def test_every_sentence_has_its_chinese() -> None:
    chinese = i18n.catalogue("zh")

    assert sorted({f"{where}: {text}" for where, text in sentences() if text and text not in chinese}) == []


def test_a_translation_has_the_same_fields_as_its_sentence() -> None:
    differing = {key: value for key, value in i18n.catalogue("zh").items() if fields(key) != fields(value)}

    assert differing == {}


def test_no_catalogue_contradicts_another() -> None:
    from babel.messages.pofile import read_po

    seen: dict[str, set[str]] = {}
    for path in sorted((ROOT / "monitor" / "locale" / "zh").glob("*.po")):
        with path.open("rb") as stream:
            for message in read_po(stream):
                seen.setdefault(str(message.id), set()).add(str(message.string))
    seen.pop("", None)

    assert {key: words for key, words in seen.items() if len(words) > 1} == {}


def test_chinese_sentences_carry_chinese_punctuation() -> None:
    beside = re.compile(r"[\u4e00-\u9fff“”][(),;:]|[(),;:][\u4e00-\u9fff“”]")

    assert sorted(text for text in i18n.catalogue("zh").values() if beside.search(text)) == []
