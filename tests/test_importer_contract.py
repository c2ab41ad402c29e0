"""One test for all importers: each is registered, has a sample, is pure, keeps the parse schema and labels its options."""

import json
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from monitor.errors import ConfigurationError
from monitor.intake import pipeline, registry
from monitor.intake.contract import CATEGORIES, CHUNK_ROWS, COLUMNS, KINDS, OPTIONAL, TEXTS, Document

SAMPLES = Path(__file__).parent / "importers"
KINDS_INSTALLED = sorted(point.name for point in entry_points(group=registry.GROUP))


CASES = sorted(
    (path.parent.name, path.stem.removeprefix("expected"))
    for path in SAMPLES.glob("*/expected*.json")
    if path.parent.name in KINDS_INSTALLED
)  # (importer, "" or "-layout")


def sample(kind: str, layout: str = "") -> tuple[Path, dict[str, Any]]:
    files = sorted(SAMPLES.glob(f"{kind}/sample{layout}.*"))
    assert len(files) == 1, f"tests/importers/{kind} needs one sample{layout}.* file"
    return files[0], json.loads((SAMPLES / kind / f"expected{layout}.json").read_text("utf-8"))


def test_every_line_of_the_project_file_is_installed(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["entry-points"][registry.GROUP]
    installed = {point.name: point.value for point in entry_points(group=registry.GROUP)}

    missing = {name: value for name, value in lines.items() if installed.get(name) != value}
    assert missing == {}, f"entry points are not installed: reinstall the project (pip install -e .): {missing}"


def test_every_importer_module_is_registered(repo: Path) -> None:
    modules = {path.stem for path in (repo / "importers").glob("*.py") if not path.stem.startswith("_")}
    registered = {point.value.split(":")[0].removeprefix("importers.") for point in entry_points(group=registry.GROUP)}

    assert modules - registered == set()


def test_every_sample_folder_has_its_importer_and_no_file_is_orphaned() -> None:
    folders = {path.name for path in SAMPLES.iterdir() if path.is_dir() and not path.name.startswith("_")}
    strange = [
        path.relative_to(SAMPLES).as_posix()
        for path in SAMPLES.rglob("*")
        if path.is_file()
        and not path.name.startswith("sample.")
        and (path.parent.name, re.split(r"[.]", path.name.removeprefix("expected").removeprefix("sample"))[0])
        not in CASES
    ]

    assert (folders, strange) == (set(KINDS_INSTALLED), [])


@pytest.mark.parametrize(("kind", "layout"), CASES)
def test_the_sample_comes_out_as_expected(kind: str, layout: str) -> None:
    file, expected = sample(kind, layout)

    shown = pipeline.preview(kind, expected["options"], [file]).to_json()

    assert {key: shown[key] for key in expected["result"]} == expected["result"]


@pytest.mark.parametrize(("kind", "layout"), CASES)
def test_parsing_is_pure_and_keeps_the_schema(kind: str, layout: str) -> None:
    file, expected = sample(kind, layout)
    importer = registry.build(kind, expected["options"])

    first, second = (list(importer.parse(Document(file.name, file))) for _ in range(2))

    assert len(first) == len(second) > 0
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)
        assert (one.issues, one.kind in KINDS, len(one.frame) <= CHUNK_ROWS) == (other.issues, True, True)
        assert set(one.frame) - set(OPTIONAL) - set(TEXTS) == {*CATEGORIES, *COLUMNS}
        assert {name: str(one.frame[name].dtype) for name in COLUMNS} == COLUMNS
        assert [isinstance(one.frame[name].dtype, pd.CategoricalDtype) for name in CATEGORIES] == [True] * 3


@pytest.mark.parametrize("kind", KINDS_INSTALLED)
def test_options_are_labelled_and_unknown_ones_refused(kind: str) -> None:
    options = registry.importer(kind).Options
    unlabelled = [
        name
        for name, field in options.model_fields.items()
        if not {"zh", "en"} <= set(field.json_schema_extra or {})  # type: ignore[arg-type]
    ]
    _, expected = sample(kind)

    assert unlabelled == []
    with pytest.raises(ConfigurationError) as caught:
        registry.build(kind, expected["options"] | {"no_such_option": 1})
    assert caught.value.data["key"] == "no_such_option"


def test_an_unknown_importer_is_named_with_what_is_installed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.importer("teleprinter")

    assert (caught.value.code, caught.value.data["known"]) == ("IMPORTER_UNKNOWN", ", ".join(KINDS_INSTALLED))
    assert "reinstall" in str(caught.value)
