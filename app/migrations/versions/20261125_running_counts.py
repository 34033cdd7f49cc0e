"""Running a stocktake: who counts what, count sheets, spot counts, things with serial numbers."""

import sqlalchemy as sa
from alembic import op

from app.triggers import append_only_ddl

revision = "0005_running_counts"
down_revision = "0004_decisions"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("stocktake_sheet", "stocktake_sheet_entry")


def upgrade():
    # Added in place: recreated, the append-only tables would lose their triggers.
    op.add_column("scan", sa.Column("serial", sa.String(length=60), nullable=True))
    op.add_column(
        "stocktake_approval", sa.Column("is_by_rule", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    with op.batch_alter_table("company") as company:
        for name in ("spot_quantity", "spot_percent", "spot_value"):
            company.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
        company.create_check_constraint(
            op.f("ck_company_spot_tolerance"), "spot_quantity >= 0 and spot_percent >= 0 and spot_value >= 0"
        )
    with op.batch_alter_table("stocktake") as stocktake:
        stocktake.add_column(sa.Column("spot_bin_id", BigId, nullable=True))
        stocktake.create_foreign_key(op.f("fk_stocktake_spot_bin_id"), "location", ["spot_bin_id"], ["id"])
    running = sa.text("state = 'counting' and spot_bin_id is not null")
    op.create_index(
        "uq_stocktake_spot_running",
        "stocktake",
        ["spot_bin_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    _assignments()
    _sheets()
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, dialect):
            op.execute(statement)


def _assignments():
    op.create_table(
        "stocktake_assignment",
        sa.Column("stocktake_id", BigId, autoincrement=False, nullable=False),
        sa.Column("bin_id", BigId, autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("assigned_by", BigId, nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("round >= 1", name=op.f("ck_stocktake_assignment_round")),
        sa.ForeignKeyConstraint(
            ["assigned_by"], ["user_account.id"], name=op.f("fk_stocktake_assignment_assigned_by")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["location.id"], name=op.f("fk_stocktake_assignment_bin_id")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_assignment_stocktake_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_stocktake_assignment_user_id")),
        sa.PrimaryKeyConstraint("stocktake_id", "bin_id", "round", name=op.f("pk_stocktake_assignment")),
    )


def _sheets():
    op.create_table(
        "stocktake_sheet",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stocktake_id", BigId, nullable=False),
        sa.Column("bin_id", BigId, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("printed_by", BigId, nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("round >= 1", name=op.f("ck_stocktake_sheet_round")),
        sa.ForeignKeyConstraint(["bin_id"], ["location.id"], name=op.f("fk_stocktake_sheet_bin_id")),
        sa.ForeignKeyConstraint(["printed_by"], ["user_account.id"], name=op.f("fk_stocktake_sheet_printed_by")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_sheet_stocktake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_sheet")),
        sa.UniqueConstraint(
            "stocktake_id", "bin_id", "round", name=op.f("uq_stocktake_sheet_stocktake_id_bin_id_round")
        ),
    )
    op.create_table(
        "stocktake_sheet_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", BigId, nullable=False),
        sa.Column("counter_id", BigId, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("entered_by", BigId, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["user_account.id"], name=op.f("fk_stocktake_sheet_entry_counter_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["user_account.id"], name=op.f("fk_stocktake_sheet_entry_entered_by")),
        sa.ForeignKeyConstraint(["sheet_id"], ["stocktake_sheet.id"], name=op.f("fk_stocktake_sheet_entry_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_sheet_entry")),
    )
    op.create_index(op.f("ix_stocktake_sheet_entry_sheet_id"), "stocktake_sheet_entry", ["sheet_id"])


def downgrade():
    """Facts only go forward."""
    raise RuntimeError("an older state is restored from a backup")
