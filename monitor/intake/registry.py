"""Which importers are installed: entry points of the group `jieyue.importers`, ours and others' alike."""

from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from monitor.errors import ConfigurationError

GROUP = "jieyue.importers"


def importers() -> dict[str, type[Any]]:
    """Give kind → importer class; one that cannot be loaded is a ConfigurationError naming its line."""
    found: dict[str, type[Any]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            found[point.name] = point.load()
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(
                "IMPORTER_BROKEN",
                "The importer '{kind}' ({line}) cannot be loaded: {reason}. Reinstall the package that brings it.",
                kind=point.name,
                line=point.value,
                reason=str(error),
            ) from error
    return found


def importer(kind: str) -> type[Any]:
    """Give the importer class of a kind; an unknown one is a ConfigurationError that lists what is installed."""
    for point in entry_points(group=GROUP):
        if point.name == kind:
            return importers()[kind]
    raise ConfigurationError(
        "IMPORTER_UNKNOWN",
        "'{kind}' is not an installed importer; known: {known}. After adding an entry-point line, reinstall.",
        kind=kind,
        known=", ".join(sorted(p.name for p in entry_points(group=GROUP))),
    )


def build(kind: str, options: dict[str, Any]) -> Any:  # noqa: ANN401 - an Importer
    """Make an importer from its options; what is wrong with them is a ConfigurationError naming key and reason."""
    cls = importer(kind)
    try:
        return cls(cls.Options.model_validate(options))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(
            "OPTIONS_INVALID",
            "Option '{key}' of importer '{kind}' is not right: {reason}",
            kind=kind,
            key=".".join(str(part) for part in first["loc"]) or "profile",
            reason=first["msg"],
        ) from error
