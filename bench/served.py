"""The web application as a process of its own, with a route that answers at once. `python -m bench.served FOLDER`; prints its port."""

import sys
from pathlib import Path

import flask
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.settings import Settings

PLAIN = "/plain"


def main(folder: Path) -> None:
    settings = Settings(data=folder)
    with Database(settings.database_url) as database:
        app = create_app(settings, database)
        answers: dict[int, bytes] = {}

        def plain() -> flask.Response | None:
            if flask.request.path != PLAIN:
                return None
            size = int(flask.request.args["size"])
            return flask.Response(answers.setdefault(size, b"x" * size), mimetype="application/json")

        app.server.before_request_funcs[None].insert(0, plain)
        server = create_server(
            app.server,
            host="127.0.0.1",
            port=0,
            threads=settings.web.threads,
            connection_limit=1200,
            asyncore_use_poll=True,
        )
        print(server.effective_port, flush=True)
        server.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
