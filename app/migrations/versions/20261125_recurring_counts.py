"""What to count when, and what counts said: the ABC policy, recurring counts with their days, results of counted lines.

A count of empty bins is posted without a posting: there is nothing to enter, and it is a result all the same.
"""

import sqlalchemy as sa
from alembic import op

from app.triggers import append_only_ddl

revision = "0003_recurring_counts"
down_revision = "0002_scan_photo"
branch_labels = None
depends_on = None

APPEND_ONLY = ("stocktake_turn", "stocktake_result")


def upgrade():
    policy = op.create_table(
        "stocktake_policy",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("months", "share_a", "share_b", "days_a", "days_b", "days_c")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_stocktake_policy_one_row")),
        sa.CheckConstraint(
            "0 < share_a and share_a < share_b and share_b <= 100", name=op.f("ck_stocktake_policy_shares")
        ),
        sa.CheckConstraint(
            "months >= 1 and days_a >= 1 and days_b >= 1 and days_c >= 1", name=op.f("ck_stocktake_policy_periods")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_policy")),
    )
    op.bulk_insert(
        policy,
        [{"id": 1, "months": 12, "share_a": 80, "share_b": 95, "days_a": 30, "days_b": 90, "days_c": 180}],
    )
    op.create_table(
        "stocktake_schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope_kind", sa.String(length=24), nullable=False),
        sa.Column("scope_ids", sa.JSON(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("rhythm_kind", sa.String(length=24), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("month_day", sa.Integer(), nullable=True),
        sa.Column("next_due", sa.Date(), nullable=False),
        sa.Column("assigned_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("tolerance_quantity", sa.BigInteger(), nullable=True),
        sa.Column("tolerance_percent", sa.BigInteger(), nullable=True),
        sa.Column("tolerance_value", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("every between 1 and 366", name=op.f("ck_stocktake_schedule_every")),
        sa.CheckConstraint(
            "rhythm_kind <> 'weeks' or weekday between 0 and 6", name=op.f("ck_stocktake_schedule_weekday")
        ),
        sa.CheckConstraint(
            "rhythm_kind <> 'months' or month_day between 1 and 31", name=op.f("ck_stocktake_schedule_month_day")
        ),
        sa.CheckConstraint(
            "(scope_kind = 'proposed') = (most is not null)", name=op.f("ck_stocktake_schedule_most")
        ),
        sa.CheckConstraint("most > 0", name=op.f("ck_stocktake_schedule_most_positive")),
        sa.ForeignKeyConstraint(
            ["assigned_to"], ["user_account.id"], name=op.f("fk_stocktake_schedule_assigned_to")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_stocktake_schedule_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["location.id"], name=op.f("fk_stocktake_schedule_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_schedule")),
    )
    op.create_table(
        "stocktake_turn",
        sa.Column(
            "schedule_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["stocktake_schedule.id"], name=op.f("fk_stocktake_turn_schedule_id")
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_turn_stocktake_id")
        ),
        sa.PrimaryKeyConstraint("schedule_id", "due_on", name=op.f("pk_stocktake_turn")),
    )
    op.create_index(op.f("ix_stocktake_turn_stocktake_id"), "stocktake_turn", ["stocktake_id"])
    op.create_table(
        "stocktake_result",
        sa.Column(
            "anchor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("book_value", sa.BigInteger(), nullable=True),
        sa.Column("difference_value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("book_value >= 0", name=op.f("ck_stocktake_result_book_value")),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_stocktake_result_month")),
        sa.ForeignKeyConstraint(
            ["anchor_id"], ["ledger_anchor.id"], name=op.f("fk_stocktake_result_anchor_id")
        ),
        sa.ForeignKeyConstraint(
            ["counter_id"], ["user_account.id"], name=op.f("fk_stocktake_result_counter_id")
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_result_stocktake_id")
        ),
        sa.PrimaryKeyConstraint("anchor_id", name=op.f("pk_stocktake_result")),
    )
    op.create_index(op.f("ix_stocktake_result_stocktake_id"), "stocktake_result", ["stocktake_id"])
    op.create_index("ix_stocktake_result_month", "stocktake_result", ["month"])
    with op.batch_alter_table("stocktake") as stocktake:
        stocktake.drop_constraint(op.f("ck_stocktake_posted_has_posting"), type_="check")
        stocktake.create_check_constraint(
            op.f("ck_stocktake_posted_at"), "(state = 'posted') = (posted_at is not null)"
        )
        stocktake.create_check_constraint(
            op.f("ck_stocktake_posting_of_posted"), "posting_seq is null or state = 'posted'"
        )
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, dialect):
            op.execute(statement)


def downgrade():
    """Facts only go forward."""
    raise RuntimeError("an older state is restored from a backup")
