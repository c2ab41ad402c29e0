"""Quota bands, closed months, identities of a provider, a sealed audit log and pings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns with values that change nothing for the rows that are there, then the new tables."""
    op.add_column("source", sa.Column("ping", sa.Text(), nullable=False, server_default=""))
    op.add_column("role_grant", sa.Column("origin", sa.Text(), nullable=False, server_default=""))
    _figures()
    _people()


def _figures() -> None:
    op.create_table(
        "quota_band",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("year_from", sa.Integer(), nullable=False),
        sa.Column("year_to", sa.Integer(), nullable=True),
        sa.Column("constraint_value", sa.BigInteger(), nullable=True),
        sa.Column("reference_value", sa.BigInteger(), nullable=True),
        sa.Column("guidance_value", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_quota_band_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quota_band"),
    )
    op.create_index("ix_quota_band_unit_id", "quota_band", ["unit_id"])
    op.create_table(
        "period_close",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("reopened_at", sa.BigInteger(), nullable=True),
        sa.Column("reopened_by", sa.Text(), nullable=False),
        sa.Column("reopened_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_period_close_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_period_close"),
    )
    op.create_index("ix_period_close_unit_id", "period_close", ["unit_id"])
    still = sa.text("reopened_at IS NULL")
    op.create_index(
        "uq_period_close_standing",
        "period_close",
        ["unit_id", "month"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )


def _people() -> None:
    op.create_table(
        "user_identity",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_identity_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_user_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_user_identity_issuer_subject"),
    )
    op.create_index("ix_user_identity_user_id", "user_identity", ["user_id"])
    op.create_table(
        "audit_seal",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_seal"),
    )
    with op.batch_alter_table("audit_event") as table:
        table.add_column(sa.Column("seal_id", ID, nullable=True))
        table.create_foreign_key("fk_audit_event_seal_id", "audit_seal", ["seal_id"], ["id"])
    op.create_index("ix_audit_event_seal_id", "audit_event", ["seal_id"])
