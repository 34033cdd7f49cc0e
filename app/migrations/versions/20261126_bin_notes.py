"""Notes about a whole bin: a note need not name an item."""

import sqlalchemy as sa
from alembic import op

from app.triggers import append_only_ddl

revision = "0007_bin_notes"
down_revision = "0006_sealed_postings"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    with op.batch_alter_table("stocktake_note") as note:
        note.alter_column("item_id", existing_type=BigId, nullable=True)
        note.create_check_constraint(op.f("ck_stocktake_note_lot_of_item"), "item_id is not null or lot_id = 0")
    if op.get_bind().dialect.name == "sqlite":
        # Recreated, the table has lost its triggers.
        for statement in append_only_ddl("stocktake_note", "sqlite"):
            op.execute(statement)


def downgrade():
    with op.batch_alter_table("stocktake_note") as note:
        note.drop_constraint(op.f("ck_stocktake_note_lot_of_item"), type_="check")
        note.alter_column("item_id", existing_type=BigId, nullable=False)
    if op.get_bind().dialect.name == "sqlite":
        for statement in append_only_ddl("stocktake_note", "sqlite"):
            op.execute(statement)
