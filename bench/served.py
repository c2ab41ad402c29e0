"""What is asked, as a process of its own: the web application, or what it is measured against. `python -m bench.served WHAT FOLDER`; prints its port.

`plain` is a Flask route that answers bytes, `default` a Dash page as it comes: a table of 200 units and three charts, made beforehand and
sent by a callback.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
from dash import Dash, Input, Output, dcc, html
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.settings import Settings

PLAIN = "/plain"
UNITS, COLUMNS, DAYS = 200, 12, 365


def plain() -> flask.Flask:
    server = flask.Flask("plain")
    answers: dict[int, bytes] = {}

    @server.post(PLAIN)
    def answer() -> flask.Response:
        size = int(flask.request.args["size"])
        return flask.Response(answers.setdefault(size, b"x" * size), mimetype="application/json")

    return server


def default() -> flask.Flask:
    app = Dash("default")
    cells = [[html.Td(f"{unit * column:,}") for column in range(COLUMNS)] for unit in range(UNITS)]
    table = html.Table([html.Tr(row) for row in cells])
    days = list(range(DAYS))
    charts = [
        dcc.Graph(figure={"data": [{"type": "bar", "x": days, "y": [day * n for day in days]}]}) for n in (1, 2, 3)
    ]
    app.layout = html.Div([dcc.Location(id="address"), html.Div(id="page")])
    app.callback(Output("page", "children"), Input("address", "pathname"))(lambda _: html.Div([*charts, table]))
    return app.server


def run(server: Any, threads: int) -> None:
    serving = create_server(
        server, host="127.0.0.1", port=0, threads=threads, connection_limit=1200, asyncore_use_poll=True
    )
    print(serving.effective_port, flush=True)
    serving.run()


def main(what: str, folder: Path) -> None:
    settings = Settings(data=folder)
    others: dict[str, Callable[[], flask.Flask]] = {"plain": plain, "default": default}
    if what in others:
        run(others[what](), settings.web.threads)
        return
    with Database(settings.database_url) as database:
        run(create_app(settings, database).server, settings.web.threads)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
