"""The page of docs/adding-a-page.md, made word for word: it opens, it is translated where it can be, it hides from strangers."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from dash import Dash

from dashboard import app as application
from dashboard.app import create_app
from dashboard.pages import PAGES
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, said, sign_in, visit

NAME = "dashboard.pages.denominators"


@pytest.fixture
def made(web: Web, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Dash:
    """The application with the page of the document, put where the document says."""
    text = (repo / "docs" / "adding-a-page.md").read_text(encoding="utf-8")
    [source] = re.findall(r"`dashboard/pages/denominators.py`:\n\n```python\n(.*?)```", text, re.DOTALL)
    module = ModuleType(NAME)
    exec(compile(source, "denominators.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, NAME, module)
    monkeypatch.setattr(application, "PAGES", (*PAGES, module))
    return create_app(small.settings(web.folder), web.database)


def test_the_page_of_the_document_shows_the_facts_of_a_unit(made: Dash) -> None:
    text = said(visit(sign_in(made, "parent"), "/denominators", "?unit=finance"))

    assert re.search(r"head_count.*120.*floor_area|floor_area.*4,000.*head_count", text)
    assert '"120"' in text
    assert '"4,000"' in text


def test_the_page_of_the_document_tells_a_stranger_nothing(made: Dash) -> None:
    text = said(visit(sign_in(made, "stranger"), "/denominators", "?unit=finance"))

    assert "head_count" not in text
    assert "财政局" not in text
