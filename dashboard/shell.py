"""The frame around every page: name, navigation, language, theme, sign-out; a function of the request."""

import dash
import dash_mantine_components as dmc
import flask
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import explain, guards
from dashboard.components.forms import post, token
from dashboard.components.look import THEME, icon
from dashboard.context import Context
from dashboard.pages import PAGES
from monitor.domain.access import Action
from monitor.i18n import N_
from monitor.queries import alerts

ICONS = {
    "/": "gauge",
    "/unit": "building",
    "/compare": "bars",
    "/targets": "flag",
    "/data": "check",
    "/imports": "inbox",
    "/reports": "report",
    "/alerts": "bell",
    "/admin": "sliders",
}
NEEDED = {"/admin": Action.MANAGE_ORGANISATION}  # a page whose link only those see who may do this somewhere
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
SKIP, SIGN_OUT, MENU = N_("Skip to the content"), N_("Sign out"), N_("Menu")
ACCOUNT = N_("My account")
OPEN = N_("{count} open alerts")
TO_DARK, TO_LIGHT = N_("Dark"), N_("Light")


def layout() -> Component:
    """Give the shell of the running request; outside of one (start-up) an empty frame."""
    context: Context | None = flask.g.get("jieyue") if flask.has_request_context() else None
    if context is None or not context.signed_in:
        return dmc.MantineProvider(html.Div(dash.page_container))
    return frame(context)


def frame(context: Context) -> Component:
    """Give the application frame for a signed-in reader."""
    bar = [
        dmc.AppShellHeader(_header(context), px="md"),
        dmc.AppShellNavbar(_navigation(context), p="sm", **{"aria-label": context.say(MENU)}),
    ]
    main = dmc.AppShellMain(html.Main(dash.page_container, id="content"))
    app = dmc.AppShell(
        [*bar, main],
        id="shell",
        header={"height": 56},
        navbar={"width": 220, "breakpoint": "sm", "collapsed": {"mobile": True}},
        padding="md",
    )
    return dmc.MantineProvider(
        html.Div(
            [
                html.A(context.say(SKIP), href="#content", className="skip"),
                token(context),
                app,
                explain.drawer(context),
            ],
            lang="zh-CN" if context.language == "zh" else "en",
            **{"data-ag-theme-mode": context.theme},
        ),
        theme=THEME,
        forceColorScheme=context.theme,
    )


def _header(context: Context) -> Component:
    left = dmc.Group(
        [
            dmc.Burger(id="burger", opened=False, hiddenFrom="sm", size="sm", **{"aria-label": context.say(MENU)}),
            dcc.Link(
                dmc.Group(
                    [
                        html.Img(src="/assets/favicon.svg", alt="", width=30, height=30),
                        html.Span(["节约 ", html.Small(context.site.settings.name or "Jieyue")]),
                    ],
                    gap=8,
                ),
                href="/",
                className="brand",
            ),
        ],
        gap="sm",
    )
    return dmc.Group([left, dmc.Group(_switches(context), gap=4)], justify="space-between", h="100%", wrap="nowrap")


def _switches(context: Context) -> list[Component]:
    other = "en" if context.language == "zh" else "zh"
    theme = "light" if context.theme == "dark" else "dark"
    return [
        post(
            "/prefer",
            html.Button(LANGUAGE_NAMES[other], type="submit", className="plain", lang=other),
            context,
            language=other,
        ),
        post(
            "/prefer",
            html.Button(
                icon("sun" if theme == "light" else "moon"),
                type="submit",
                className="plain",
                title=_theme_name(context, theme),
            ),
            context,
            theme=theme,
        ),
        html.A(context.name, href="/admin?section=account", className="who", title=context.say(ACCOUNT)),
        post(
            "/logout", html.Button(icon("out"), type="submit", className="plain", title=context.say(SIGN_OUT)), context
        ),
    ]


def _theme_name(context: Context, theme: str) -> str:
    return context.say(TO_LIGHT if theme == "light" else TO_DARK)


def _navigation(context: Context) -> Component:
    with context.session() as session:
        waiting = alerts.open_count(session, context.actor)
    links = [
        dmc.NavLink(
            label=context.say(page.NAME),
            href=page.PATH,
            leftSection=icon(ICONS.get(page.PATH, "gauge")),
            rightSection=_waiting(context, waiting) if page.PATH == "/alerts" and waiting else None,
            active="exact" if page.PATH == "/" else "partial",
            className="nav",
        )
        for page in PAGES
        if page.PATH in ICONS and context.actor.units(NEEDED.get(page.PATH, Action.VIEW))
    ]
    return html.Div(links)


def _waiting(context: Context, count: int) -> Component:
    """Give the number of open alerts, as it was when the frame was drawn."""
    return html.Span(str(count), className="count", title=context.say(OPEN, count=count))


def register(app: Dash) -> None:
    """Let the burger open and close the navigation, and a followed link close it."""
    explain.register(app)
    guards.clientside(
        app,
        "menu",
        Output("shell", "navbar"),
        Output("burger", "opened"),
        Input("burger", "opened"),
        Input("_pages_location", "pathname"),
        State("shell", "navbar"),
        prevent_initial_call=True,
    )
    guards.clientside(
        app,
        "address",
        Output("_pages_location", "search"),
        Input({"type": "filter", "name": dash.ALL}, "value"),
        State({"type": "filter", "name": dash.ALL}, "id"),
        State("_pages_location", "search"),
        prevent_initial_call=True,
    )
