"""The small organisation that the queries are tested with, to be edited."""

from tests.queries.conftest import World, world

__all__ = ["World", "world"]
