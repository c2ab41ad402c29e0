"""Who gets what, declared: every address, page, export, form and callback; what is not in here fails the test that names it."""

from dataclasses import dataclass, field

from monitor.domain.access import Action, Role

# What a person who sees the Finance Bureau alone, or nothing, must never read.
FOREIGN = ("教育局", "Education Bureau", "E-education", "档案馆", "Archives", "E-archives", "交通运输局")
PEOPLE = ("", "stranger", "own", "parent", "admin")


@dataclass(frozen=True)
class Get:
    """An address with something in its gaps (about another unit), and the status for nobody, stranger, own, parent, admin."""

    address: str
    statuses: tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Form:
    """A form: the least role on the whole that gets past its permission check (None: everyone signed in), and a body."""

    role: Role | None
    body: dict[str, str] = field(default_factory=dict)


PAGE = (302, 200, 200, 200, 200)  # the frame; its content is asked for by a callback
SIGNED_IN = (401, 200, 200, 200, 200)
ABSENT = (404, 404, 404, 404, 404)  # no identity provider is set here
PUBLIC = (200, 200, 200, 200, 200)
MISSING = (401, 404, 404, 404, 404)
OF_ANOTHER = (401, 404, 404, 200, 200)  # it belongs to a unit beside the own one, or to the whole
BY_TOKEN = (401, 401, 401, 401, 401)  # a cookie opens nothing below /api/v1: see tests/dashboard/api/test_access.py

GETS = {
    "/": Get("/", PAGE),
    "/<path:path>": Get("/unit?unit=education", PAGE),
    "/login": Get("/login", (200, 302, 302, 302, 302)),
    "/login/oidc": Get("/login/oidc", ABSENT),  # tests/running/test_oidc.py
    "/login/oidc/back": Get("/login/oidc/back?code=a&state=b", ABSENT),
    "/login/bye": Get("/login/bye", (302, 302, 302, 302, 302)),
    "/healthz": Get("/healthz", PUBLIC),
    "/readyz": Get("/readyz", PUBLIC),
    "/metrics": Get("/metrics", (403, 403, 403, 403, 403)),  # for machines: tests/running/test_metrics.py
    "/_favicon.ico": Get("/_favicon.ico", PUBLIC),
    "/static/<path:filename>": Get("/static/none.css", (302, 404, 404, 404, 404)),
    "/assets/<path:filename>": Get("/assets/jieyue.css", SIGNED_IN),
    "/_dash-component-suites/plotly/package_data/plotly.min.js": Get(
        "/_dash-component-suites/plotly/package_data/plotly.min.js", SIGNED_IN
    ),
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Get(
        "/_dash-component-suites/dash/none.js", MISSING
    ),
    "/_dash-layout": Get("/_dash-layout", SIGNED_IN),
    "/_dash-dependencies": Get("/_dash-dependencies", SIGNED_IN),
    "/_reload-hash": Get("/_reload-hash", SIGNED_IN),
    "/export/<view>.csv": Get("/export/days.csv?unit=education", OF_ANOTHER),
    "/export/run/<int:run_id>.csv": Get("/export/run/{run}.csv", OF_ANOTHER),
    "/imports/template/<kind>.xlsx": Get("/imports/template/readings.xlsx?unit=education", (302, 404, 404, 200, 200)),
    "/export/<view>.xlsx": Get("/export/days.xlsx?unit=education", OF_ANOTHER),
    "/export/history/<kind>.csv": Get("/export/history/unit.csv?key=education", (401, 404, 404, 404, 200)),
    "/export/history/<kind>.xlsx": Get("/export/history/all.xlsx", (401, 404, 404, 404, 200)),
    "/export/run/<int:run_id>.xlsx": Get("/export/run/{run}.xlsx", OF_ANOTHER),
    "/reports/<int:report_id>.html": Get("/reports/{report}.html", (302, 404, 404, 200, 200)),
    "/reports/<int:report_id>.xlsx": Get("/reports/{report}.xlsx", (302, 404, 404, 200, 200)),
    "/reports/<int:report_id>.pdf": Get("/reports/{report}.pdf", (302, 404, 404, 200, 200)),
    "/reports/<int:report_id>.docx": Get("/reports/{report}.docx", (302, 404, 404, 200, 200)),
    "/api/v1/reports/<int:report_id>/xlsx": Get("/api/v1/reports/{report}/xlsx", BY_TOKEN),
    "/api/v1/reports/<int:report_id>/pdf": Get("/api/v1/reports/{report}/pdf", BY_TOKEN),
    "/api/v1/reports/<int:report_id>/docx": Get("/api/v1/reports/{report}/docx", BY_TOKEN),
    "/welcome/template.xlsx": Get("/welcome/template.xlsx", (302, 200, 200, 200, 200)),
    "/api/docs": Get("/api/docs", PAGE),
    "/api/docs/<name>": Get("/api/docs/start.js", SIGNED_IN),
    "/api/v1/openapi.json": Get("/api/v1/openapi.json", SIGNED_IN),
    "/api/v1/": Get("/api/v1/", BY_TOKEN),
    "/api/v1/<path:rest>": Get("/api/v1/nothing", BY_TOKEN),
    "/api/v1/units": Get("/api/v1/units", BY_TOKEN),
    "/api/v1/units/<code>": Get("/api/v1/units/finance", BY_TOKEN),
    "/api/v1/meters": Get("/api/v1/meters", BY_TOKEN),
    "/api/v1/consumption": Get("/api/v1/consumption?unit=finance&resource=water&from=2026-01-01", BY_TOKEN),
    "/api/v1/targets": Get("/api/v1/targets?unit=finance", BY_TOKEN),
    "/api/v1/board": Get("/api/v1/board", BY_TOKEN),
    "/api/v1/comparison": Get("/api/v1/comparison?resource=water", BY_TOKEN),
    "/api/v1/reports": Get("/api/v1/reports", BY_TOKEN),
    "/api/v1/reports/<int:report_id>": Get("/api/v1/reports/{report}", BY_TOKEN),
    "/api/v1/reports/<int:report_id>/html": Get("/api/v1/reports/{report}/html", BY_TOKEN),
}

# Page → the address of something that admin and parent may see and `own` may not (or sees the own part of).
PAGES = {
    "/": "",
    "/unit": "?unit=education",
    "/compare": "",
    "/targets": "?unit=education",
    "/data": "?unit=education",
    "/imports": "?source=power",
    "/reports": "?unit=education&report={report}",
    "/alerts": "",
    "/admin": "",
    "/welcome": "",
    "/meter": "?meter={meter}",
    "/receipt": "?run={run}",
    "/preview": "?source=1&file=" + "a" * 64,
    "/not-found": "",
}

# CSV of what pages show. All of these ask for the unit of the address; the board has what the reader sees.
EXPORTS = {
    *("board", "days", "months", "profile", "statement", "meters", "bases", "facts"),
    *(
        "ranking",
        "unranked",
        "scatter",
        "targets",
        "breakdown",
        "versions",
        "quotas",
        "change",
        "happenings",
        "weather",
    ),
    *("deliveries", "completeness", "holes", "overlays", "alerts", "meter-days", "readings", "runs", "sources"),
    *("sources", "runs", "meter-days", "readings"),
    *("bills", "closings", "closed-changes"),
}

ADMIN = {
    "units": ("add", "change", "fact", "unfact", "move", "unmove", "basis", "unbasis", "remove"),
    "places": ("add", "change", "hours", "unhours", "remove"),
    "meters": (*("add", "change", "shares", "register", "unregister", "event", "unevent", "aliases", "remove"),),
    "people": ("add", "change", "access", "grant", "revoke", "link", "unlink"),
    "settings": ("save",),
    "alerts": ("rule", "channel"),
}
FORMS = {
    "/logout": Form(None),
    "/login/oidc/link": Form(None),
    "/prefer": Form(None, {"language": "en"}),
    "/admin/account/password": Form(None),
    "/admin/account/unlink": Form(None),
    "/imports/confirm": Form(Role.MANAGER, {"source": "1", "file": "a" * 64}),
    "/imports/run": Form(Role.MANAGER, {"source": "1"}),
    "/reports/make": Form(Role.MANAGER, {"unit": "education", "month": "2026-08", "language": "zh"}),
    "/reports/send": Form(Role.MANAGER, {"report": "{report}", "to": "a@example.org"}),
    "/admin/tokens/make": Form(Role.VIEWER),
    "/admin/tokens/revoke": Form(Role.VIEWER, {"token": "1"}),
    **{f"/welcome/{what}": Form(Role.ADMIN) for what in ("template", "organisation", "facts", "places")},
    **{f"/welcome/{what}": Form(Role.ADMIN) for what in ("meters", "shares", "file", "target")},
    **{
        f"/targets/{what}": Form(Role.MANAGER, {"unit": "education", "resource": "water", "year": "2026"})
        for what in ("set", "approve", "withdraw", "cascade", "quota", "unquota")
    },
    "/admin/data/enter": Form(Role.EDITOR),
    "/admin/data/replace": Form(Role.EDITOR),
    "/admin/data/void": Form(Role.EDITOR),
    "/admin/data/estimate": Form(Role.EDITOR),
    "/admin/data/close": Form(Role.MANAGER, {"unit": "education", "month": "2026-08"}),
    "/admin/data/reopen": Form(Role.MANAGER, {"unit": "education", "month": "2026-08"}),
    "/data/withdraw": Form(Role.EDITOR, {"kind": "void", "id": "1"}),
    "/admin/alerts/acknowledge": Form(Role.EDITOR),
    "/admin/imports/undo": Form(Role.MANAGER, {"run": "{run}"}),
    "/admin/sources/save": Form(Role.MANAGER),
    "/admin/sources/run": Form(Role.MANAGER),
    **{f"/admin/{section}/{what}": Form(Role.ADMIN) for section, listed in ADMIN.items() for what in listed},
}

CALLBACKS = {
    "..explain.opened...explained.children..": Action.VIEW,
    "..shell.navbar...burger.opened..": Action.VIEW,
    "_pages_location.search": Action.VIEW,
    "..upload-goes.href...upload-answer.children..": Action.IMPORT,
    ".._pages_content.children..._pages_store.data..": Action.VIEW,
    "_pages_dummy.children": Action.VIEW,
}
