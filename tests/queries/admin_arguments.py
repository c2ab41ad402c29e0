"""What the functions behind the Admin page are called with in the access matrix."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from monitor.settings import Settings

MODULES = {"admin", "managed", "settings"}


def arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """Give the arguments of these modules, and of what accounts and sources have for them alone; nothing for any other."""
    module = function.__module__.rpartition(".")[2]
    if module == "accounts":
        return {"email": "x@example.org"}
    if module == "sources":
        return {"code": "s", "keep": ()}
    if module == "identities":
        return {"issuer": "https://login.example", "subject": "x", "identity_id": 1}
    if module not in MODULES:
        return {}
    return {
        "settings": Settings(data=Path("nowhere")),
        "values": {"report.hour": "9"},
        "subjects": ["user:"],
        "kind": "unit",
        "key": "b",
        "on": date(2026, 1, 5),
        "code": "s" if function.__name__ == "source" else "b",
    }
