"""The small site of the pages' tests, and nothing else."""

from tests.dashboard.conftest import site_file, web

__all__ = ["site_file", "web"]
