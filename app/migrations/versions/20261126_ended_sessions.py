"""Sessions that were signed out of: a copied cookie opens nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0008_ended_sessions"
down_revision = "0007_bin_notes"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "ended_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_session")),
    )
    op.create_index(op.f("ix_ended_session_ended_at"), "ended_session", ["ended_at"])


def downgrade():
    op.drop_table("ended_session")
