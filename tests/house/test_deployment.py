"""What is needed to run it elsewhere names only settings, files and commands that there are."""

import re
from pathlib import Path

import pytest

from monitor.cli import app
from monitor.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FILES = ("Dockerfile", "compose.yaml", ".env.example", "deploy/jieyue.service", "docs/running.md")


def _known() -> set[str]:
    """Every setting as the environment writes it, and the same as a file."""
    names = set()
    for key, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        names |= {f"JIEYUE_{key}__{part}".upper() for part in inner} if inner else {f"JIEYUE_{key}".upper()}
    return names | {f"{name}_FILE" for name in names}


@pytest.mark.parametrize("name", FILES)
def test_every_setting_named_is_one(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert set(re.findall(r"\bJIEYUE_[A-Z_]+", text)) - _known() == set()


def test_the_commands_of_image_and_service_are_ours() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in FILES)

    used = set(re.findall(r"bin/jieyue (\w+)", text)) | set(re.findall(r'(?:CMD|command:) \["(\w+)"\]', text))
    assert used == {"up", "web", "scheduler"}
    assert used <= commands


def test_every_file_that_is_copied_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8") + (ROOT / "docs/running.md").read_text(encoding="utf-8")

    named = set(re.findall(r"(?:/src/|cp |sh )((?:deploy/|\.env)[\w./-]+)", text))
    assert named == {"deploy/install.sh", "deploy/healthy.py", "deploy/jieyue.service", ".env.example"}
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
