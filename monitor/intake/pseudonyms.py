"""What stands for a login name: a keyed hash. The key is the installation's own, or a reference to one; never stored."""

import hashlib
import hmac
import os
import secrets
import unicodedata
from pathlib import Path

from monitor.errors import ConfigurationError
from monitor.i18n import N_

PREFIX = "user:"
FILE = "pseudonym.key"
DIGITS = 16
SHORTEST = 16


def pseudonym(secret: bytes, login: str) -> str:
    """Give `user:` and 16 hexadecimal digits; case and width of a login name do not matter."""
    plain = unicodedata.normalize("NFKC", login).strip().casefold()
    return PREFIX + hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def secret_of(reference: str, archive: Path) -> bytes:
    """Give the key that a source's option `key` refers to: `env:NAME`, `file:PATH`, or "" for the installation's own."""
    if not reference:
        return _own(archive.parent)
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        value = os.environ.get(name, "")
    elif kind == "file" and name:
        try:
            value = Path(name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            value = ""
    else:
        raise ConfigurationError(
            "KEY_NOT_REFERENCE",
            N_("The key of a source is a reference: env:NAME or file:PATH; leave it out for our own."),
        )
    if len(value) < SHORTEST:
        raise ConfigurationError(
            "KEY_MISSING",
            N_("{reference} does not give a key of at least {least} characters."),
            reference=reference,
            least=SHORTEST,
        )
    return value.encode()


def passing() -> bytes:
    """Give a key for one look, where nothing is kept."""
    return secrets.token_bytes(32)


def _own(folder: Path) -> bytes:
    """Read the installation's key; on first use make it, readable by the owner alone."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip().encode()
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(key := secrets.token_urlsafe(48))
    return key.encode()
