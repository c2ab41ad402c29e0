"""Generated: every answer of every address carries the security headers, whatever its status and whoever asks."""

import re

import pytest

from tests.dashboard.conftest import Web
from tests.dashboard.matrix import FORMS, GETS

SAME = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FRAMED = "/reports/<int:report_id>.html"  # shown in a frame of our own pages: no script, no other site


@pytest.mark.parametrize("login", ["", "admin"])
@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_every_answer_carries_the_security_headers(web: Web, login: str, base: str) -> None:
    client, missing = web.client(login), {}
    gaps = {"run": web.ids.run_id, "report": 1, "meter": 1}
    asked = [("GET", rule, get.address.format(**gaps)) for rule, get in GETS.items()]
    asked += [("POST", rule, rule) for rule in FORMS] + [
        ("GET", "nowhere", "/api/v1/x"),
        ("DELETE", "nowhere", "/unit"),
    ]
    for method, rule, address in asked:
        with client.open(address, method=method, base_url=base) as answer:
            headers, status = answer.headers, answer.status_code
        policy = dict(
            part.strip().partition(" ")[::2] for part in headers.get("Content-Security-Policy", "").split(";")
        )
        good = (
            all(headers.get(name) == value for name, value in SAME.items())
            and headers.get("X-Frame-Options") in ({"DENY", "SAMEORIGIN"} if rule == FRAMED else {"DENY"})
            and policy.get("frame-ancestors") in ({"'none'", "'self'"} if rule == FRAMED else {"'none'"})
            and not re.search(r"unsafe|\*|https?:", policy.get("script-src", "'none'"))
            and policy.get("default-src") in {"'self'", "'none'"}
            and ("Strict-Transport-Security" in headers) == base.startswith("https")
        )
        if not good:
            missing[f"{method} {address}"] = (status, dict(headers))

    assert missing == {}


def test_what_belongs_to_a_reader_is_kept_by_nothing_between(web: Web) -> None:
    client = web.client("admin")
    kept = {}
    for rule, get in GETS.items():
        with client.get(get.address.format(run=web.ids.run_id, report=1)) as answer:
            kept[rule] = answer.headers.get("Cache-Control", "")
    shared = {rule for rule, value in kept.items() if "no-store" not in value and "private" not in value}

    assert shared <= {
        "/assets/<path:filename>",
        "/_dash-component-suites/plotly/package_data/plotly.min.js",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    }
