"""Addresses of pages and files: every filter is part of the address, so a view can be sent as a link."""

from urllib.parse import urlencode


def address(path: str, **query: object) -> str:
    """Give a local address; parameters that are None or empty are left out."""
    kept = {name: value for name, value in query.items() if value not in {None, ""}}
    return f"{path}?{urlencode(kept)}" if kept else path


def unit_page(**query: object) -> str:
    """Give the address of a unit's page; `unit` is its code."""
    return address("/unit", **query)


def export(view: str, **query: object) -> str:
    """Give the address of the CSV file of a view."""
    return address(f"/export/{view}.csv", **query)
