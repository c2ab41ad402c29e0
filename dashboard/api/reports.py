"""Reports of the archive: the list, and their contents byte for byte as they were stored."""

from functools import partial

from dashboard.api import models
from dashboard.api.ask import Ask, Raw, Route
from dashboard.api.models import Name, UnitRef
from dashboard.api.questions import Nothing, ReportsAsked
from dashboard.api.values import page
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries import scope
from monitor.reports import archive
from monitor.services import reports
from monitor.services.reports import ReportRow
from monitor.services.tokens import READ_REPORTS

MOST, LARGEST_ID = 100_000, 2**62
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
        formats=["json", "html", *archive.FORMS],
    )


def _data(ask: Ask) -> Raw:
    return Raw(reports.fetch(ask.session, ask.actor, _known(ask).id)[0].encode(), "application/json")


def _known(ask: Ask) -> ReportRow:
    number: int = ask.gaps["report_id"]
    if number > LARGEST_ID:
        raise NotFound("NOT_FOUND", reports.NO_SUCH_REPORT)
    return reports.find(ask.session, ask.actor, number)


def _html(ask: Ask) -> Raw:
    row = _known(ask)
    return Raw(reports.fetch(ask.session, ask.actor, row.id)[1], HTML, archive.file_name(row))


def _file(ask: Ask, form: str) -> Raw:
    row, site = _known(ask), ask.here.site
    content = archive.file(site.database, ask.actor, row.id, form, zone=site.settings.zone)
    return Raw(content, archive.FORMS[form], archive.file_name(row, form))


SAYS = {
    "xlsx": N_("A report as a workbook, byte for byte as stored"),
    "pdf": N_("A report as PDF/A, byte for byte as stored"),
    "docx": N_("A report as a Word file, byte for byte as stored"),
}


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
    *(
        Route(
            f"/reports/<int:report_id>/{form}",
            READ_REPORTS,
            SAYS[form],
            Nothing,
            None,
            partial(_file, form=form),
            mime,
            versioned=False,
        )
        for form, mime in archive.FORMS.items()
    ),
)
