"""How each of the demo's vendors writes its files: the profiles of its sources."""

from pathlib import Path
from typing import Any

PROFILES: dict[str, dict[str, Any]] = {feed: {} for feed in ("p96", "pgbk", "preg", "wreg", "phand", "whand")}


def options(feed: str, folder: Path) -> dict[str, Any]:
    """Give the options of the source of a feed that watches `folder`."""
    return {"inbox": str(folder), "profile": PROFILES[feed]}
