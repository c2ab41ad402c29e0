"""The small site of the dashboard's tests, for requests that mean harm."""

from tests.dashboard.api.conftest import ask
from tests.dashboard.conftest import cheap_passwords, site_file, web

__all__ = ["ask", "cheap_passwords", "site_file", "web"]
