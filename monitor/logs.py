"""The program's log: text or one JSON object per line, with the request it belongs to and never with a secret."""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from monitor.settings import HIDDEN as HIDDEN_VARIABLES
from monitor.settings import Settings

REQUEST: ContextVar[str] = ContextVar("jieyue_request", default="")
TALKATIVE = ("apscheduler", "waitress.queue")  # each tick, and each request that waits a moment
HIDDEN = "•••"
LARGEST_SECRET = 4096
SHORTEST_SECRET = 6  # a shorter one would blot out ordinary words
TEXT = "%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s"


def begin(settings: Settings) -> None:
    """Write the log to standard error as `log.format` and `log.level` say, from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json(secrets(settings)) if settings.log.format == "json" else Text(secrets(settings)))
    logging.basicConfig(level=settings.log.level.upper(), handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log.level == "debug" else logging.ERROR)


def secrets(settings: Settings) -> list[str]:
    """Give every secret among the settings, and what references on the Admin page may lead to; the longest first, so that none is left half."""
    password = urlsplit(settings.database.url).password or ""
    given = [
        password,
        unquote(password),
        settings.web.secret_key.get_secret_value(),
        settings.mail.password.get_secret_value(),
        settings.oidc.client_secret.get_secret_value(),
        settings.metrics.token.get_secret_value(),
        settings.ping.url.get_secret_value(),
        *(value for name, value in os.environ.items() if name.startswith(HIDDEN_VARIABLES)),
        *_in_files(settings.data / "secrets"),
    ]
    return sorted({one for one in given if len(one) >= SHORTEST_SECRET}, key=len, reverse=True)


def _in_files(folder: Path) -> Iterator[str]:
    for file in folder.glob("*"):
        with suppress(OSError, UnicodeDecodeError):
            if file.stat().st_size <= LARGEST_SECRET:
                yield file.read_text(encoding="utf-8").strip()


def _hide(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return text


class Text(logging.Formatter):
    """A line as people read it; a trace follows on lines of its own."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        super().__init__(TEXT)
        self.hidden = list(hidden)

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        request = REQUEST.get()
        record.request = f" [{request}]" if request else ""
        return _hide(super().format(record), self.hidden)


class Json(logging.Formatter):
    """One JSON object per line: time, level, logger, message, request, what else the event carries, and the trace."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        super().__init__()
        self.hidden = list(hidden)

    def format(self, record: logging.LogRecord) -> str:
        """Give the line; a line break inside is escaped, so that nobody can write an event of their own."""
        event: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := REQUEST.get():
            event["request"] = request
        event |= getattr(record, "event", {})
        if record.exc_info:
            event["trace"] = self.formatException(record.exc_info)
        hidden = {key: _hide(value, self.hidden) if isinstance(value, str) else value for key, value in event.items()}
        return json.dumps(hidden, ensure_ascii=False, default=str)
