"""How figures are written for programs: exact, never formatted; what is missing is null, never 0."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from dashboard.api.models import Figure, Name, Quantity, Reason, UnitRef
from dashboard.api.questions import Paged
from monitor.domain.amounts import Amount
from monitor.domain.baselines import Finding
from monitor.domain.periods import from_day
from monitor.domain.resources import from_quantity
from monitor.errors import ConfigurationError
from monitor.i18n import N_, translate
from monitor.queries.scope import UnitRow

DIGITS, MOST_DIGITS = 6, 12
CURSOR_WRONG = N_("This cursor is not one of this list; begin again without it.")
Item = TypeVar("Item")


def decimal(value: Fraction) -> str:
    """Write a fraction as an exact decimal where it has one, else rounded to twelve digits; plain, without exponent."""
    digits = next((n for n in range(MOST_DIGITS) if (value * 10**n).denominator == 1), MOST_DIGITS)
    return fixed(value, digits)


def fixed(value: Fraction, digits: int = DIGITS, *, cut: bool = False) -> str:
    """Write a fraction with so many digits, half to even, or cut off; zeros at the end are left out."""
    scaled = value * 10**digits
    whole = int(scaled) if cut else round(scaled)
    sign, text = "-" if whole < 0 else "", str(abs(whole)).rjust(digits + 1, "0")
    if not digits:
        return sign + text
    return f"{sign}{text[:-digits]}.{text[-digits:]}".rstrip("0").rstrip(".")


def quantity(value: int | None, resource: str) -> Quantity | None:
    """Give a quantity both ways; None stays None."""
    return None if value is None else Quantity(quantity=value, value=decimal(from_quantity(value, resource)))


def figure(amount: Amount, resource: str) -> Figure:
    """Give an amount with coverage and estimated share."""
    known = amount.quantity is not None
    return Figure(
        quantity=amount.quantity,
        value=None if amount.quantity is None else decimal(from_quantity(amount.quantity, resource)),
        coverage=fixed(amount.coverage, cut=True) if amount.expected else None,
        estimated_share=fixed(amount.estimated_share) if known else None,
    )


def ref(row: UnitRow) -> UnitRef:
    """Name a unit."""
    return UnitRef(code=row.code, name=Name(zh=row.name_zh, en=row.name_en))


def reasons(findings: Sequence[Finding]) -> list[Reason]:
    """Say findings in both languages."""
    return [
        Reason(
            code=one.code, zh=translate(one.template, "zh", **one.data), en=translate(one.template, "en", **one.data)
        )
        for one in findings
    ]


def day(number: int | None) -> date | None:
    """Give the date of a day number; None stays None."""
    return None if number is None else from_day(number)


# ---------------------------------------------------------------- pages of a list


def cursor_after(question: Paged) -> str:
    """Read the key after which the page begins; "" for the first page."""
    if question.cursor is None:
        return ""
    try:
        padded = question.cursor + "=" * (-len(question.cursor) % 4)
        key = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError) as error:
        raise _wrong() from error
    if not key.isprintable():
        raise _wrong()
    return key


def cursor(key: str) -> str:
    """Write a key as a cursor: opaque to who hands it back."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def page(items: Sequence[Item], key: Callable[[Item], str], question: Paged) -> tuple[Sequence[Item], str | None]:
    """Cut the asked page out of a whole list in its own order; with the cursor of the next, None on the last."""
    after, first = cursor_after(question), 0
    if question.cursor is not None:
        keys = [key(item) for item in items]
        if after not in keys:
            raise _wrong()
        first = keys.index(after) + 1
    shown = items[first : first + question.limit]
    more = first + question.limit < len(items)
    return shown, cursor(key(shown[-1])) if more else None


def _wrong() -> ConfigurationError:
    return ConfigurationError("CURSOR_WRONG", CURSOR_WRONG, parameter="cursor")
