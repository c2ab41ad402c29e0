"""Column types: instants as epoch seconds UTC, days as day numbers; both exact and alike in SQLite and PostgreSQL."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, TypeDecorator

from monitor.domain.periods import from_day, to_day

# SQLite numbers rows by itself only for INTEGER; PostgreSQL wants the wide type.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as whole epoch seconds; a naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Turn an aware datetime into epoch seconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Give an aware datetime in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


class Day(TypeDecorator[date]):
    """A local day, kept as days since 1970-01-01."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Turn a date into its number."""
        return None if value is None else to_day(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Give the date."""
        return None if value is None else from_day(value)
