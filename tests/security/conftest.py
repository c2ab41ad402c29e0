"""The small site of the pages' tests, and nothing else."""

from tests.dashboard.conftest import cheap_passwords, site_file, web

__all__ = ["cheap_passwords", "site_file", "web"]
