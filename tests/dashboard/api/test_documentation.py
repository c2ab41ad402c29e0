"""The interface is described: by a valid OpenAPI document, route by route in the docs, and by an example that runs."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from waitress.server import create_server

from dashboard.api import description
from dashboard.api.serve import ROUTES
from monitor import i18n
from monitor.services.tokens import SCOPES
from tests.dashboard.api.conftest import Ask, token_of
from tests.dashboard.conftest import Web

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
TEXT = PAGE.read_text(encoding="utf-8")
TABLE = {
    cells[0].strip(" `"): cells[1:]
    for line in TEXT.splitlines()
    if line.startswith("| `/")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_description_is_a_valid_openapi_document(language: str) -> None:
    OpenAPIV31SpecValidator(description.document(ROUTES, language)).validate()


def test_the_description_names_every_route_and_every_answer_follows_its_schema(ask: Ask) -> None:
    from jsonschema import Draft202012Validator, FormatChecker

    document = ask("/openapi.json").json
    examples = {
        "/units": "/units",
        "/units/{code}": "/units/finance",
        "/meters": "/meters",
        "/consumption": "/consumption?unit=hq&resource=paper&from=2026-06-01",
        "/targets": "/targets?unit=archives",
        "/board": "/board",
        "/comparison": "/comparison?resource=water&by=per_m2",
        "/reports": "/reports",
    }

    assert set(document["paths"]) == {description._path(route) for route in ROUTES}
    for path, address in examples.items():
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        schema = {"components": document["components"], **content}
        assert list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(ask(address).json)) == []


def test_every_sentence_of_the_description_is_in_the_language_asked_for(ask: Ask) -> None:
    english, chinese = (ask("/openapi.json", Accept_Language=language).json for language in ("en", "zh"))

    said = [operation["get"] for operation in chinese["paths"].values()]
    assert all(re.search(r"[\u4e00-\u9fff]", one["summary"] + one["description"]) for one in said)
    assert not re.search(r"[\u4e00-\u9fff]", str([one["get"] for one in english["paths"].values()]))


def test_every_route_is_documented_with_its_scope_and_parameters() -> None:
    for route in ROUTES:
        scope, parameters, _ = TABLE[description._path(route)]
        assert scope.strip("`") == route.scope
        wanted = {field.alias or name for name, field in route.question.model_fields.items()}
        assert set(re.findall(r"`(\w+)`", parameters)) == wanted, route.path
    assert len(TABLE) == len(ROUTES)
    assert [scope for scope in SCOPES if f"`{scope}`" not in TEXT] == []


def test_the_python_example_runs_against_a_real_server(web: Web, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    (tmp_path / "example.py").write_text(found[1], encoding="utf-8")
    server = create_server(web.app.server, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        ran = subprocess.run(
            [sys.executable, "example.py"],
            cwd=tmp_path,
            env={
                **os.environ,
                "JIEYUE_ADDRESS": f"http://127.0.0.1:{server.effective_port}",
                "JIEYUE_TOKEN": token_of(web, "parent"),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.close()
        thread.join(timeout=10)

    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].split() == ["from", "value", "coverage"]
    assert lines[1].split()[0] == "2026-01-01"
    assert [line.split()[0] for line in lines[10:]] == ["electricity", "water", "paper"]
    assert "not measured" in lines[10]


def test_the_power_query_recipe_asks_for_what_the_route_gives(ask: Ask) -> None:
    found = re.search(r"```m\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    query = dict(re.findall(r'(\w+) = "([^"]+)"', re.findall(r"Query = \[(.*?)\]", found[1])[0]))
    columns = re.findall(r'"(\w+)"', re.findall(r"Answer\[rows\],\s*\{(.*?)\}", found[1], re.DOTALL)[0])
    typed = re.findall(r'\{"(\w+)", (?:type \w+|Int64\.Type)\}', found[1])

    answer = ask("/consumption?" + "&".join(f"{name}={value}" for name, value in query.items())).json
    assert set(columns) == set(typed) == set(answer["rows"][0])
    assert found[1].count("(") == found[1].count(")")
    assert found[1].count("{") == found[1].count("}")
    assert "Bearer" in found[1]
    assert "jy_" not in found[1]
