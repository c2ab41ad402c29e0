"""Turns every skip into a failure where nothing may be skipped (JIEYUE_TESTS_NO_SKIP=1)."""

import os

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # noqa: ANN201 - pytest's signature
    """Report a skipped test as failed, with the reason of the skip."""
    report = yield
    if report.skipped and os.environ.get("JIEYUE_TESTS_NO_SKIP") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report
