"""One error root and its few leaves; each carries a code to quote, data, and whether a retry can help."""

from typing import ClassVar


class JieyueError(Exception):
    """The root: a problem that a user can read and act upon.

    `template` is an English sentence with `{name}` fields (the key of the translation catalogue), `data` fills it.
    `permanent` says that trying again with the same input cannot succeed.
    """

    permanent: ClassVar[bool] = True

    def __init__(self, code: str, template: str, **data: object) -> None:
        self.code = code
        self.template = template
        self.data = data
        super().__init__(code, template, data)

    def __str__(self) -> str:
        return f"{self.code}: {self.template.format_map(self.data)}"


class ConfigurationError(JieyueError):
    """A setting, profile or option is wrong; the operator mends it."""


class DocumentRefused(JieyueError):  # noqa: N818 - named for what happened, as the receipt shows it
    """A whole document cannot be read; `data` has file and where known sheet, row, column, value."""


class SourceUnavailable(JieyueError):  # noqa: N818 - named for what happened, as the receipt shows it
    """A source does not answer; trying later may help."""

    permanent = False


class ResourceBusy(JieyueError):  # noqa: N818 - named for what happened, as the receipt shows it
    """Somebody else holds the claim, or the database is out of reach for the moment."""

    permanent = False


class NotFound(JieyueError):  # noqa: N818 - the caller asked for what is not there, or may not be seen
    """No such thing, or none that this actor may see: the two are never told apart."""


class Forbidden(JieyueError):  # noqa: N818 - named for what happened
    """The actor is known and may see the thing, but not do this to it."""


class Conflict(JieyueError):  # noqa: N818 - named for what happened
    """Two facts contradict each other (overlap, mixed factor sets, a changed baseline)."""
