"""What a new password must be: long enough, nothing that is tried first, and not in the lists of leaked ones."""

from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ConfigurationError
from monitor.i18n import N_

SHORTEST = 10
NAMED, VARIED = 4, 5  # a name this long may not stand in a password; a password has at least so many different signs
ADDED = 6  # a year and a sign behind a common word are tried too
# What is tried first of long passwords.
GUESSED_FIRST = (
    *(
        "password",
        "passw0rd",
        "p@ssw0rd",
        "pa$$w0rd",
        "1234567",
        "7654321",
        "qwertyu",
        "qazwsx",
        "1qaz2wsx",
        "zaq12wsx",
    ),
    *("1q2w3e4r", "q1w2e3r4", "asdfghjk", "zxcvbnm", "iloveyou", "letmein", "admin123", "administrator", "welcome1"),
    *("woaini", "5201314", "jieyue", "abcdefg", "abc12345", "a1b2c3d4", "changeme", "football1", "superman1"),
)
SHORT = N_("A password needs at least {least} characters.")
GUESSED = N_(
    "This password would be guessed soon: it is among the commonest, or holds your sign-in name, or repeats itself."
)
LEAKED_ALREADY = N_(
    "This password stands in published lists of stolen passwords, which are tried first. Take another: four words, say, that have nothing to do with each other."
)
LEAKED = Path(__file__).with_name("leaked.bin")  # docs/decisions/leaked-passwords.md says whence and how


def check(password: str, login: str) -> str:
    """Give the password of `login` back; ConfigurationError PASSWORD_SHORT, PASSWORD_GUESSED or PASSWORD_LEAKED where it will not do."""
    if len(password) < SHORTEST:
        raise ConfigurationError("PASSWORD_SHORT", SHORT, least=SHORTEST)
    plain = password.casefold()
    known = (login.casefold() in plain and len(login) >= NAMED) or any(
        plain.startswith(word) and len(plain) <= len(word) + ADDED for word in GUESSED_FIRST
    )
    if known or len(set(plain)) < VARIED:
        raise ConfigurationError("PASSWORD_GUESSED", GUESSED)
    if leaked(password):
        raise ConfigurationError("PASSWORD_LEAKED", LEAKED_ALREADY)
    return password


def leaked(password: str) -> bool:
    """Whether the password, large and small letters alike, is in the list; of others one in 38,000 is taken for one of them."""
    prints, wanted = _leaked(), fingerprint(password)
    place = int(np.searchsorted(prints, np.uint32(wanted)))
    return place < len(prints) and int(prints[place]) == wanted


def fingerprint(password: str) -> int:
    """Give what the list keeps of a password: the first 32 bits of its SHA-256 in small letters."""
    plain = password.casefold().encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(plain).digest()[:4], "big")


@cache
def _leaked() -> NDArray[np.uint32]:
    """All fingerprints, sorted."""
    return np.frombuffer(LEAKED.read_bytes(), dtype=">u4").astype(np.uint32)
