"""Reports of the archive: the list, and their contents byte for byte as they were stored."""

from dashboard.api import models
from dashboard.api.ask import Ask, Raw, Route
from dashboard.api.models import Name, UnitRef
from dashboard.api.questions import Nothing, ReportsAsked
from dashboard.api.values import page
from monitor.i18n import N_
from monitor.queries import scope
from monitor.reports import archive
from monitor.services import reports
from monitor.services.reports import ReportRow
from monitor.services.tokens import READ_REPORTS

MOST = 100_000
HTML = "text/html"


def _reports(ask: Ask) -> models.Reports:
    asked: ReportsAsked = ask.question
    unit = None if asked.unit is None else scope.unit_by_code(ask.session, ask.actor, asked.unit).id
    rows = [
        row
        for row in reports.archive(ask.session, ask.actor, unit, limit=MOST)
        if asked.month in {None, str(row.month)} and asked.language in {None, row.language}
    ]
    shown, following = page(rows, lambda row: str(row.id), asked)
    return models.Reports(items=[_report(row) for row in shown], next=following, data_version=ask.version)


def _report(row: ReportRow) -> models.Report:
    return models.Report(
        id=row.id,
        unit=UnitRef(code=row.unit_code, name=Name(zh=row.name_zh, en=row.name_en)),
        month=str(row.month),
        language=row.language,
        version=row.version,
        sha256=row.sha256,
        created_at=row.created_at,
        sent_at=row.sent_at,
        formats=["json", "html"],
    )


def _data(ask: Ask) -> Raw:
    return Raw(reports.fetch(ask.session, ask.actor, ask.gaps["report_id"])[0].encode(), "application/json")


def _html(ask: Ask) -> Raw:
    row = reports.find(ask.session, ask.actor, ask.gaps["report_id"])
    return Raw(reports.fetch(ask.session, ask.actor, row.id)[1], HTML, archive.file_name(row))


ROUTES = (
    Route(
        "/reports",
        READ_REPORTS,
        N_("The reports in sight, newest month first"),
        ReportsAsked,
        models.Reports,
        _reports,
        versioned=False,
    ),
    Route(
        "/reports/<int:report_id>",
        READ_REPORTS,
        N_("A report's data: canonical JSON, as stored"),
        Nothing,
        None,
        _data,
        versioned=False,
    ),
    Route(
        "/reports/<int:report_id>/html",
        READ_REPORTS,
        N_("A report as HTML, byte for byte as stored"),
        Nothing,
        None,
        _html,
        HTML,
        versioned=False,
    ),
)
