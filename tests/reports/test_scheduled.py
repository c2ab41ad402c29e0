"""The monthly job makes the organisation's report and those of the units that the settings name."""

from pathlib import Path

import pytest

from monitor.errors import ConfigurationError
from monitor.scheduling.jobs import monthly_report
from monitor.services import reports
from monitor.settings import ReportSettings, Settings
from tests.reports.conftest import City
from tests.reports.site import NOW


def _settings(folder: Path, *units: str) -> Settings:
    return Settings(data=folder, report=ReportSettings(languages=["en"], units=list(units)))


def _archived(city: City) -> list[str]:
    codes = {unit_id: code for code, unit_id in city.units.items()}
    with city.database.session() as session:
        return [codes[row.unit_id] for row in reports.archive(session, city.person("parent"))]


def test_the_job_reports_the_organisation_and_the_named_units(city: City, tmp_path: Path) -> None:
    made = monthly_report(
        city.database, _settings(tmp_path, "finance"), due_period="2026-10", now=NOW, fence=lambda _session: None
    )

    assert made == 2
    assert sorted(_archived(city)) == ["city", "finance"]


def test_a_unit_that_does_not_exist_is_named_and_nothing_is_made(city: City, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        monthly_report(
            city.database, _settings(tmp_path, "nowhere"), due_period="2026-10", now=NOW, fence=lambda _session: None
        )

    assert (caught.value.code, caught.value.data) == ("REPORT_UNIT_UNKNOWN", {"codes": "nowhere"})
    assert _archived(city) == []
