"""What the imports pages do: keep an upload for its preview, import the previewed file, run now; each checks the role again."""

import logging
import re
import shutil
import time
from hashlib import sha256
from pathlib import Path

import flask
from dash import Dash
from flask.typing import ResponseReturnValue

from dashboard import context
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.errors import Forbidden, JieyueError, NotFound
from monitor.intake import pipeline
from monitor.services import schedule, sources

log = logging.getLogger(__name__)
MOST = 12  # files looked at together
KEPT = 6 * 3600  # seconds a previewed file waits for its import
_TOKEN = re.compile(r"[0-9a-f]{64}")


def register(app: Dash) -> None:
    """Add the routes."""
    for path, function in (("confirm", _confirm), ("run", _run_now)):
        app.server.add_url_rule(f"/imports/{path}", f"imports_{path}", function, methods=["POST"])


def _here() -> Context:
    here = context.current()
    try:
        here.actor.require_everywhere(Action.IMPORT)
    except NotFound:
        flask.abort(404)
    except Forbidden:
        flask.abort(403)
    return here


def _source() -> int:
    text = flask.request.form.get("source", "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):  # noqa: PLR2004 - what fits an id
        flask.abort(400)
    return int(text)


def keep(here: Context, name: str, data: bytes) -> str:
    """Keep an uploaded file aside under its own hash, for its preview; give the hash. Nothing is imported yet."""
    here.actor.require_everywhere(Action.IMPORT)
    token = sha256(data).hexdigest()
    sweep(here.site.uploads)
    folder = here.site.uploads / token
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    (folder / safe_name(name)).write_bytes(data)
    return token


def keep_for(here: Context, source_id: int, name: str, data: bytes) -> str:
    """Keep an upload for a source: what that knows of titles and names is taken out before the file waits."""
    with here.session() as session:
        kind, options = sources.importer_of(session, here.actor, source_id)
    token = keep(here, name, data)
    if (path := uploaded(here, token)) is not None:
        pipeline.clean(kind, options, path, here.site.archive)
    return token


def safe_name(name: str) -> str:
    """Keep a file's own name as far as it is harmless: no folders, no control characters, at most 120 characters."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in base if sign.isprintable() and sign not in '<>:"|?*').strip(". ")
    return kept[-120:] or "upload"


def uploaded(here: Context, token: str) -> Path | None:
    """Find an uploaded file by its hash; None where it is gone or the token is not one."""
    if not _TOKEN.fullmatch(token):
        return None
    folder = here.site.uploads / token
    return next(iter(sorted(folder.iterdir())), None) if folder.is_dir() else None


def sweep(folder: Path) -> None:
    """Remove what waited too long."""
    limit = time.time() - KEPT
    for entry in folder.iterdir():
        if entry.stat().st_mtime < limit:
            shutil.rmtree(entry, ignore_errors=True)


def all_uploaded(here: Context, tokens: str) -> list[Path] | None:
    """Find the uploaded files of a list of hashes, in its order; None where one is gone."""
    found = [uploaded(here, token) for token in tokens.split(",")[:MOST]]
    return None if None in found else [path for path in found if path is not None]


def _confirm() -> ResponseReturnValue:
    """Import the previewed files, one after the other, and show the receipt, or all of them."""
    here, source = _here(), _source()
    paths = all_uploaded(here, flask.request.form.get("file", ""))
    if not paths:
        return flask.redirect(address("/imports", message="gone"), 303)
    made = []
    for path in paths:
        try:
            receipt = pipeline.import_file(
                here.site.database,
                source,
                path,
                actor=here.actor,
                trigger="upload",
                now=here.now(),
                archive=here.site.archive,
            )
        except NotFound:
            flask.abort(404)
        except Exception:
            log.exception("import of an uploaded file failed")
            return flask.redirect(address("/imports", message="failed"), 303)
        shutil.rmtree(path.parent, ignore_errors=True)
        made.append(receipt.run_id)
    goal = address("/receipt", run=made[0]) if len(made) == 1 else address("/imports")
    return flask.redirect(goal, 303)


def _run_now() -> ResponseReturnValue:
    """Put a run into the ledger; the scheduler starts it at its next look."""
    here, source = _here(), _source()
    try:
        with here.session(write=True) as session:
            schedule.run_now(session, here.actor, source, here.now())
    except NotFound:
        flask.abort(404)
    except JieyueError as error:
        log.info("run now refused: %s", error.code)
        flask.abort(409)
    return flask.redirect(address("/imports", message="started"), 303)
