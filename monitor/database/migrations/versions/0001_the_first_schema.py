"""The first schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, in the order of their references."""
    _alert()
    _audit_event()
    _bill()
    _daily_consumption()
    _job_run()
    _org_unit()
    _place()
    _reading()
    _reading_revision()
    _source()
    _state()
    _user_account()
    _baseline()
    _document()
    _meter()
    _report()
    _role_grant()
    _session()
    _target()
    _unit_fact()
    _estimate()
    _import_run()
    _meter_alias()
    _meter_share()
    _register()
    _correction()
    _import_issue()
    _meter_event()


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )


def _audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False)
    op.create_index("ix_audit_event_subject", "audit_event", ["subject"], unique=False)


def _bill() -> None:
    op.create_table(
        "bill",
        sa.Column("register_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("register_id", "end_at", name="pk_bill"),
    )


def _daily_consumption() -> None:
    op.create_table(
        "daily_consumption",
        sa.Column("meter_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.BigInteger(), nullable=False),
        sa.Column("off_hours", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("meter_id", "day", name="pk_daily_consumption"),
        sqlite_with_rowid=False,
    )


def _job_run() -> None:
    op.create_table(
        "job_run",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_period", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_run"),
        sa.UniqueConstraint("job", "due_period", name="uq_job_run_job_due_period"),
    )
    op.create_index("ix_job_run_due_at", "job_run", ["due_at"], unique=False)


def _org_unit() -> None:
    op.create_table(
        "org_unit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["org_unit.id"], name="fk_org_unit_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_org_unit"),
        sa.UniqueConstraint("code", name="uq_org_unit_code"),
    )
    op.create_index("ix_org_unit_parent_id", "org_unit", ["parent_id"], unique=False)


def _place() -> None:
    op.create_table(
        "place",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("office_from", sa.Integer(), nullable=False),
        sa.Column("office_to", sa.Integer(), nullable=False),
        sa.Column("area", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name="fk_place_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_place"),
        sa.UniqueConstraint("code", name="uq_place_code"),
    )
    op.create_index("ix_place_parent_id", "place", ["parent_id"], unique=False)


def _reading() -> None:
    op.create_table(
        "reading",
        sa.Column("register_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("register_id", "end_at", name="pk_reading"),
        sqlite_with_rowid=False,
    )


def _reading_revision() -> None:
    op.create_table(
        "reading_revision",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("register_id", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reading_revision"),
    )
    op.create_index("ix_reading_revision_key", "reading_revision", ["register_id", "end_at"], unique=False)
    op.create_index("ix_reading_revision_replaced_by", "reading_revision", ["replaced_by"], unique=False)


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("late_after", sa.Integer(), nullable=False),
        sa.Column("catch_up", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("code", name="uq_source_code"),
    )


def _state() -> None:
    op.create_table(
        "state",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_state"),
    )


def _user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("login", name="uq_user_account_login"),
    )


def _baseline() -> None:
    op.create_table(
        "baseline",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_baseline_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_baseline"),
        sa.UniqueConstraint("unit_id", "resource", "year", "version", name="uq_baseline_unit_id_resource_year_version"),
    )
    op.create_index("ix_baseline_unit_id", "baseline", ["unit_id"], unique=False)


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kept_as", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_document_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.UniqueConstraint("source_id", "sha256", name=("uq_document_source_id_sha256")),
    )
    op.create_index("ix_document_source_id", "document", ["source_id"], unique=False)


def _meter() -> None:
    op.create_table(
        "meter",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("assessed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["meter.id"], name="fk_meter_parent_id"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_meter_place_id"),
        sa.PrimaryKeyConstraint("id", name="pk_meter"),
        sa.UniqueConstraint("code", name="uq_meter_code"),
    )
    op.create_index("ix_meter_parent_id", "meter", ["parent_id"], unique=False)
    op.create_index("ix_meter_place_id", "meter", ["place_id"], unique=False)
    op.create_index("ix_meter_resource", "meter", ["resource"], unique=False)


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_to", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_report_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint(
            "kind", "unit_id", "period", "language", "version", name="uq_report_kind_unit_id_period_language_version"
        ),
    )
    op.create_index("ix_report_unit_id", "report", ["unit_id"], unique=False)


def _role_grant() -> None:
    op.create_table(
        "role_grant",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_role_grant_unit_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_role_grant_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.UniqueConstraint("user_id", "unit_id", name="uq_role_grant_user_id_unit_id"),
    )
    op.create_index("ix_role_grant_unit_id", "role_grant", ["unit_id"], unique=False)
    op.create_index("ix_role_grant_user_id", "role_grant", ["user_id"], unique=False)


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_session_user_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_session"),
    )
    op.create_index("ix_session_user_id", "session", ["user_id"], unique=False)


def _target() -> None:
    op.create_table(
        "target",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("baseline_year", sa.Integer(), nullable=False),
        sa.Column("reduction", sa.Integer(), nullable=False),
        sa.Column("min_coverage", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_target_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_target"),
        sa.UniqueConstraint(
            "unit_id",
            "resource",
            "indicator",
            "year",
            "version",
            name="uq_target_unit_id_resource_indicator_year_version",
        ),
    )
    op.create_index("ix_target_unit_id", "target", ["unit_id"], unique=False)


def _unit_fact() -> None:
    op.create_table(
        "unit_fact",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=False),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_unit_fact_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_fact"),
        sa.UniqueConstraint("unit_id", "kind", "valid_from", name="uq_unit_fact_unit_id_kind_valid_from"),
    )
    op.create_index("ix_unit_fact_unit_id", "unit_fact", ["unit_id"], unique=False)


def _estimate() -> None:
    op.create_table(
        "estimate",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("meter_id", ID, nullable=False),
        sa.Column("start_day", sa.Integer(), nullable=False),
        sa.Column("end_day", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_estimate_meter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_estimate"),
    )
    op.create_index("ix_estimate_meter_id", "estimate", ["meter_id"], unique=False)


def _import_run() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("rows_new", sa.BigInteger(), nullable=False),
        sa.Column("rows_changed", sa.BigInteger(), nullable=False),
        sa.Column("rows_same", sa.BigInteger(), nullable=False),
        sa.Column("rows_blank", sa.BigInteger(), nullable=False),
        sa.Column("rows_refused", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("chunks_done", sa.Integer(), nullable=False),
        sa.Column("detected", sa.JSON(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error_template", sa.Text(), nullable=False),
        sa.Column("error_data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_import_run_document_id"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_import_run_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
    )
    op.create_index("ix_import_run_document_id", "import_run", ["document_id"], unique=False)
    op.create_index("ix_import_run_source_id", "import_run", ["source_id"], unique=False)


def _meter_alias() -> None:
    op.create_table(
        "meter_alias",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("source_id", ID, nullable=True),
        sa.Column("meter_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_meter_alias_meter_id"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_meter_alias_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_meter_alias"),
        sa.UniqueConstraint("alias", "source_id", name="uq_meter_alias_alias_source_id"),
    )
    op.create_index("ix_meter_alias_alias", "meter_alias", ["alias"], unique=False)
    op.create_index("ix_meter_alias_meter_id", "meter_alias", ["meter_id"], unique=False)
    op.create_index("ix_meter_alias_source_id", "meter_alias", ["source_id"], unique=False)


def _meter_share() -> None:
    op.create_table(
        "meter_share",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("meter_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=False),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_meter_share_meter_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name="fk_meter_share_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_meter_share"),
        sa.UniqueConstraint("meter_id", "unit_id", "valid_from", name="uq_meter_share_meter_id_unit_id_valid_from"),
    )
    op.create_index("ix_meter_share_meter_id", "meter_share", ["meter_id"], unique=False)
    op.create_index("ix_meter_share_unit_id", "meter_share", ["unit_id"], unique=False)


def _register() -> None:
    op.create_table(
        "register",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("meter_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("tariff", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("multiplier_num", sa.BigInteger(), nullable=False),
        sa.Column("multiplier_den", sa.BigInteger(), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_register_meter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_register"),
        sa.UniqueConstraint("meter_id", "code", name="uq_register_meter_id_code"),
    )
    op.create_index("ix_register_meter_id", "register", ["meter_id"], unique=False)


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("register_id", ID, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["register_id"], ["register.id"], name="fk_correction_register_id"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
    )
    op.create_index("ix_correction_register_id", "correction", ["register_id"], unique=False)


def _import_issue() -> None:
    op.create_table(
        "import_issue",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name="fk_import_issue_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_issue"),
    )
    op.create_index("ix_import_issue_run_id", "import_issue", ["run_id"], unique=False)


def _meter_event() -> None:
    op.create_table(
        "meter_event",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("register_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("final_value", sa.BigInteger(), nullable=True),
        sa.Column("initial_value", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["register_id"], ["register.id"], name="fk_meter_event_register_id"),
        sa.PrimaryKeyConstraint("id", name="pk_meter_event"),
        sa.UniqueConstraint("register_id", "at", "kind", name="uq_meter_event_register_id_at_kind"),
    )
    op.create_index("ix_meter_event_register_id", "meter_event", ["register_id"], unique=False)
