"""What decides about differences beside approvals: a company's own reasons, notes, transfers, clearings."""

import sqlalchemy as sa
from alembic import op

from app.triggers import append_only_ddl

revision = "0004_decisions"
down_revision = "0003_recurring_counts"
branch_labels = None
depends_on = None

APPEND_ONLY = ("stocktake_note", "stocktake_transfer", "stocktake_clearing", "stocktake_clearing_line")


def upgrade():
    op.create_table(
        "stocktake_reason",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_stocktake_reason_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_reason")),
        sa.UniqueConstraint("name", name=op.f("uq_stocktake_reason_name")),
    )
    op.create_table(
        "stocktake_clearing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_surplus", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("owed_by", sa.String(length=80), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_stocktake_clearing_says_why")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_stocktake_clearing_amount")),
        sa.ForeignKeyConstraint(["account"], ["account.code"], name=op.f("fk_stocktake_clearing_account")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_stocktake_clearing_by_id")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["ledger_posting.seq"], name=op.f("fk_stocktake_clearing_posting_seq")
        ),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_clearing_stocktake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_clearing")),
        sa.UniqueConstraint("key", name=op.f("uq_stocktake_clearing_key")),
        sa.UniqueConstraint("posting_seq", name=op.f("uq_stocktake_clearing_posting_seq")),
    )
    with op.batch_alter_table("stocktake_clearing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stocktake_clearing_stocktake_id"), ["stocktake_id"], unique=False)

    op.create_table(
        "stocktake_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("text <> '' or file_id is not null", name=op.f("ck_stocktake_note_says_something")),
        sa.ForeignKeyConstraint(["bin_id"], ["location.id"], name=op.f("fk_stocktake_note_bin_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_stocktake_note_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_stocktake_note_file_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_stocktake_note_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stocktake_note_lot_id")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_note_stocktake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_note")),
        sa.UniqueConstraint("token", "part", name=op.f("uq_stocktake_note_token_part")),
    )
    with op.batch_alter_table("stocktake_note", schema=None) as batch_op:
        batch_op.create_index("ix_stocktake_note_place", ["stocktake_id", "bin_id", "item_id", "lot_id"], unique=False)

    op.create_table(
        "stocktake_transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_own_count", sa.Boolean(), nullable=False),
        sa.CheckConstraint("quantity > 0 and serial >= 1", name=op.f("ck_stocktake_transfer_amounts")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_stocktake_transfer_two_places")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_stocktake_transfer_by_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_stocktake_transfer_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stocktake_transfer_lot_id")),
        sa.ForeignKeyConstraint(
            ["posting_seq"], ["ledger_posting.seq"], name=op.f("fk_stocktake_transfer_posting_seq")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["location.id"], name=op.f("fk_stocktake_transfer_source_id")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_transfer_stocktake_id")),
        sa.ForeignKeyConstraint(["target_id"], ["location.id"], name=op.f("fk_stocktake_transfer_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_transfer")),
        sa.UniqueConstraint("posting_seq", name=op.f("uq_stocktake_transfer_posting_seq")),
        sa.UniqueConstraint(
            "stocktake_id",
            "item_id",
            "lot_id",
            "source_id",
            "target_id",
            "serial",
            name=op.f("uq_stocktake_transfer_ends_serial"),
        ),
    )
    op.create_table(
        "stocktake_clearing_line",
        sa.Column(
            "clearing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_stocktake_clearing_line_amount")),
        sa.ForeignKeyConstraint(
            ["clearing_id"], ["stocktake_clearing.id"], name=op.f("fk_stocktake_clearing_line_clearing_id")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["stocktake_line.id"], name=op.f("fk_stocktake_clearing_line_line_id")),
        sa.PrimaryKeyConstraint("clearing_id", "line_id", name=op.f("pk_stocktake_clearing_line")),
    )
    with op.batch_alter_table("stocktake_clearing_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stocktake_clearing_line_line_id"), ["line_id"], unique=False)

    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade():
    with op.batch_alter_table("stocktake_clearing_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stocktake_clearing_line_line_id"))

    op.drop_table("stocktake_clearing_line")
    op.drop_table("stocktake_transfer")
    with op.batch_alter_table("stocktake_note", schema=None) as batch_op:
        batch_op.drop_index("ix_stocktake_note_place")

    op.drop_table("stocktake_note")
    with op.batch_alter_table("stocktake_clearing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stocktake_clearing_stocktake_id"))

    op.drop_table("stocktake_clearing")
    op.drop_table("stocktake_reason")
