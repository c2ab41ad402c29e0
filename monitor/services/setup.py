"""One declarative door: a site file becomes organisation, meters, sources and targets; doing it again changes nothing."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy.orm import Session

from monitor.domain.access import Action, Actor
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.services._site import Part, SiteSpec
from monitor.services._site_apply import Applier, Changes

__all__ = ["Changes", "SiteSpec", "apply_site", "load_site", "parse_part", "parse_site"]

AnyPart = TypeVar("AnyPart", bound=Part)
MISSING = N_("{file}: '{key}' is missing; add it.")
UNKNOWN = N_("{file}: '{key}' is not a known key; correct its spelling or take it out.")
WRONG = N_("{file}: '{key}' cannot be '{value}' ({wanted}); correct the value.")
UNREADABLE = N_("{file} is not a TOML file: {problem}. Correct that line.")
NO_FILE = N_("There is no file {file}; check the path.")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError("FILE_MISSING", NO_FILE, file=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError("SITE_UNREADABLE", UNREADABLE, file=str(path), problem=str(error)) from None


def load_site(path: Path | str) -> SiteSpec:
    """Read a site file; profiles it names are read beside it, inbox folders are relative to it.

    A ConfigurationError names file and key, and says what to do.
    """
    file = Path(path)
    spec = parse_site(_toml(file), name=file.name)
    return spec.model_copy(update={"sources": [_rooted(source, file.parent) for source in spec.sources]})


def _rooted(source: Any, folder: Path) -> Any:  # noqa: ANN401 - a SourceSpec in, a SourceSpec out
    """Read the profile that a source names by its file (a bare name is one that comes with the importer); make its inbox absolute."""
    options = dict(source.options)
    profile = options.get("profile")
    if isinstance(profile, str) and profile.endswith(".toml"):
        options["profile"] = _toml(folder / profile)
    if isinstance(options.get("inbox"), str):
        options["inbox"] = str((folder / options["inbox"]).resolve())
    return source.model_copy(update={"options": options})


def parse_site(table: dict[str, Any], *, name: str = "site") -> SiteSpec:
    """Check a table of the shape of a site file; the first thing wrong is raised as a ConfigurationError."""
    return parse_part(SiteSpec, table, name=name)


def parse_part(shape: type[AnyPart], table: dict[str, Any], *, name: str = "site") -> AnyPart:
    """Check one part of a site (UnitSpec, MeterSpec …), say of a form; SITE_INVALID names file, key, value and what is wanted."""
    try:
        return shape.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    templates = {"missing": MISSING, "extra_forbidden": UNKNOWN}
    template = templates.get(first["type"], WRONG)
    raise ConfigurationError("SITE_INVALID", template, file=name, key=key, value=first["input"], wanted=first["msg"])


def apply_site(
    session: Session, actor: Actor, spec: SiteSpec, *, now: datetime | None = None, strict: bool = False
) -> Changes:
    """Make the database hold what the site file says, by code; audited, idempotent, the derived days follow.

    What the file does not mention stays; the shares, aliases and events of a meter it mentions are exactly those it lists.
    `strict` is how people's own files are taken: a fact that moves by more than a tenth says why (FACT_NEEDS_REASON).
    """
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    return Applier(session, actor, now, strict=strict).run(spec)
