"""Paper, dated shares and moves, alerts that are heard, tokens, settings and reports in more than one format."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns with values that change nothing for the rows that are there, then the new tables."""
    _columns()
    _organisation()
    _readings()
    _alerts()
    _people()


def _columns() -> None:
    op.add_column("unit_fact", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("meter", sa.Column("basis", sa.Text(), nullable=False, server_default=""))
    op.add_column("meter_share", sa.Column("basis", sa.Text(), nullable=False, server_default="percent"))
    op.add_column("target", sa.Column("kind", sa.Text(), nullable=False, server_default="reduction"))
    op.add_column("target", sa.Column("cap", sa.BigInteger(), nullable=True))
    op.add_column("target", sa.Column("cascaded_from", sa.BigInteger(), nullable=True))
    op.add_column("target", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("target", sa.Column("approved_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("target", sa.Column("approved_at", sa.BigInteger(), nullable=True))
    op.add_column("alert", sa.Column("unit_id", sa.BigInteger(), nullable=True))
    op.add_column("alert", sa.Column("acknowledged_at", sa.BigInteger(), nullable=True))
    op.add_column("alert", sa.Column("acknowledged_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("note", sa.Text(), nullable=False, server_default=""))

    still = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_alert_open", "alert", ["rule", "subject"], unique=True, sqlite_where=still, postgresql_where=still
    )


def _organisation() -> None:
    op.create_table(
        "unit_move",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("from_parent_id", ID, nullable=True),
        sa.Column("to_parent_id", ID, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_unit_move_unit_id"),
        sa.ForeignKeyConstraint(["from_parent_id"], ["org_unit.id"], name="fk_unit_move_from_parent_id"),
        sa.ForeignKeyConstraint(["to_parent_id"], ["org_unit.id"], name="fk_unit_move_to_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_move"),
        sa.UniqueConstraint("unit_id", "at", name="uq_unit_move_unit_id_at"),
    )
    op.create_index("ix_unit_move_unit_id", "unit_move", ["unit_id"])
    op.create_table(
        "unit_basis",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_unit_basis_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_basis"),
        sa.UniqueConstraint("unit_id", "resource", "year", name="uq_unit_basis_unit_id_resource_year"),
    )
    op.create_index("ix_unit_basis_unit_id", "unit_basis", ["unit_id"])
    op.create_table(
        "place_hours",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=False),
        sa.Column("office_from", sa.Integer(), nullable=False),
        sa.Column("office_to", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_place_hours_place_id"),
        sa.PrimaryKeyConstraint("id", name="pk_place_hours"),
        sa.UniqueConstraint("place_id", "valid_from", name="uq_place_hours_place_id_valid_from"),
    )
    op.create_index("ix_place_hours_place_id", "place_hours", ["place_id"])


def _readings() -> None:
    op.create_table(
        "event_span",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("register_id", sa.BigInteger(), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_span"),
    )
    op.create_index("ix_event_span_register_id_start_at", "event_span", ["register_id", "start_at"])
    op.create_index("ix_event_span_run_id", "event_span", ["run_id"])
    op.create_table(
        "bill_revision",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("register_id", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bill_revision"),
    )
    op.create_index("ix_bill_revision_replaced_by", "bill_revision", ["replaced_by"])
    op.create_table(
        "report_file",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name="fk_report_file_report_id"),
        sa.PrimaryKeyConstraint("id", name="pk_report_file"),
        sa.UniqueConstraint("report_id", "format", name="uq_report_file_report_id_format"),
    )
    op.create_index("ix_report_file_report_id", "report_file", ["report_id"])


def _alerts() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_alert_rule"),
    )
    op.create_table(
        "alert_channel",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_alert_channel_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_channel"),
    )
    op.create_index("ix_alert_channel_unit_id", "alert_channel", ["unit_id"])
    op.create_table(
        "notification",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_notification_alert_id"),
        sa.ForeignKeyConstraint(["channel_id"], ["alert_channel.id"], name="fk_notification_channel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("alert_id", "channel_id", "event", name="uq_notification_alert_id_channel_id_event"),
    )
    op.create_index("ix_notification_alert_id", "notification", ["alert_id"])
    op.create_index("ix_notification_channel_id", "notification", ["channel_id"])


def _people() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.String(12), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_api_token_user_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_api_token_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])
    op.create_index("ix_api_token_unit_id", "api_token", ["unit_id"])
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_setting"),
    )
