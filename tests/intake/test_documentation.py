"""The pages on profiles, sources and the JSON say what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from importers._tabular_profile import MeterPart, Profile, StatusPart, TimePart, ValuePart, load, ready_made
from importers.tabular import Tabular, TabularOptions
from monitor.intake import pipeline
from tests.intake.conftest import ROWS


def documented(section: str) -> set[str]:
    """The keys in the first cells of a section's table."""
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## Options of a source", TabularOptions),
        ("## Top level", Profile),
        ("## `[meter]`", MeterPart),
        ("## `[time]`", TimePart),
        ("## `[value]`", ValuePart),
        ("## `[status]`", StatusPart),
    ],
)
def test_every_key_of_a_profile_is_documented(repo: Path, heading: str, model: type[BaseModel]) -> None:
    section = (repo / "docs" / "profiles.md").read_text("utf-8").split(heading, 1)[1].split("\n## ", 1)[0]
    keys = {field.alias or name for name, field in model.model_fields.items()}

    assert documented(section) == keys - {"meter", "time", "value", "status"}


def test_the_profile_on_the_page_is_a_profile(repo: Path) -> None:
    import tomllib

    text = (repo / "docs" / "profiles.md").read_text("utf-8").split("```toml\n", 1)[1].split("```", 1)[0]

    assert Profile.model_validate(tomllib.loads(text)).time.step == 1800


def test_every_ready_made_profile_is_valid(repo: Path) -> None:
    names = sorted(path.stem for path in (repo / "importers" / "profiles").glob("*.toml"))

    assert names == list(ready_made())
    assert [name for name in names if not Tabular.Options.model_validate({"profile": load(name)}).model_dump()] == []


def test_the_json_on_the_page_is_what_comes_out(repo: Path) -> None:
    text = (repo / "docs" / "import-json.md").read_text("utf-8")
    shown: dict[str, Any] = json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
    expected = json.loads((repo / "tests" / "importers" / "tabular" / "expected.json").read_text("utf-8"))

    result = pipeline.preview(
        "tabular", expected["options"], [repo / "tests" / "importers" / "tabular" / "sample.csv"]
    ).to_json()

    assert {key: result[key] for key in shown} == shown
    undocumented = [key for key in [*result, *result["issues"][0], *result["totals"][0]] if f"`{key}`" not in text]
    assert undocumented == []


def test_several_files_are_previewed_together_and_each(tmp_path: Path) -> None:
    for name, hour in (("a.csv", 1), ("b.csv", 2)):
        (tmp_path / name).write_text(f"meter,time,kWh\nE-1,2026-05-01 0{hour}:00,{hour}\n")

    shown = pipeline.preview("tabular", {"profile": ROWS}, sorted(tmp_path.glob("*.csv")))

    assert [row["display"]["value"] for row in shown.to_json()["totals"]] == ["3"]
    assert [file["document"] for file in shown.to_json()["files"]] == ["a.csv", "b.csv"]
    assert shown.to_text("zh").splitlines()[0] == "a.csv: 可读"


def test_the_importer_on_the_page_works_as_a_distribution_of_its_own(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (repo / "docs" / "adding-a-source.md").read_text("utf-8")
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    line = page.split('[project.entry-points."jieyue.importers"]\n', 1)[1].split("```", 1)[0]
    (tmp_path / "pump_importer.py").write_text(code, encoding="utf-8")
    info = tmp_path / "pump-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pump\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[jieyue.importers]\n" + line.replace('"', ""))
    monkeypatch.syspath_prepend(str(tmp_path))
    sample = tmp_path / "sample.txt"
    sample.write_text("1767225600;W-9;100\n1767229200;W-9;-\n1767232800;W-9;104.5\n")

    shown = pipeline.preview("pump", {}, [sample]).to_json()

    assert shown["counts"] == {"read": 3, "accepted": 2, "repeated": 0, "blank": 0, "refused": 1}
    assert shown["totals"][-1]["display"] == {"measure": "m³", "value": "4.5"}
    assert [(i["code"], i["row"]) for i in shown["issues"]] == [("SENSOR_BROKEN", 2)]
