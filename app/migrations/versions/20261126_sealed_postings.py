"""Seals on postings and closings: a chain that tells of changes made behind the triggers' back.

What the books hold is sealed as it stands at this moment.
"""

import sqlalchemy as sa
from alembic import op

from app.triggers import append_only_ddl
from app.ledger.chain import seal_everything

revision = "0006_sealed_postings"
down_revision = "0005_running_counts"
branch_labels = None
depends_on = None

SEALED = ("ledger_posting", "ledger_period")


def upgrade():
    connection = op.get_bind()
    lite = connection.dialect.name == "sqlite"
    for table in SEALED:
        # Added in place: recreated, the append-only tables would lose their triggers.
        op.add_column(table, sa.Column("seal", sa.String(length=64), nullable=False, server_default=""))
        for verb in ("update", "delete") if lite else ("change",):
            op.execute(f"DROP TRIGGER {table}_no_{verb}" + ("" if lite else f" ON {table}"))
    seal_everything(connection)
    for table in SEALED:
        for statement in append_only_ddl(table, connection.dialect.name):
            op.execute(statement)


def downgrade():
    for table in SEALED:
        op.drop_column(table, "seal")
