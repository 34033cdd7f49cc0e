"""Passwords that somebody else gave: replaced before anything else is done with them."""

import sqlalchemy as sa
from alembic import op

revision = "0009_given_passwords"
down_revision = "0008_ended_sessions"
branch_labels = None
depends_on = None


def upgrade():
    # Whoever signs in today goes on: only passwords given from now on have to be replaced.
    op.add_column(
        "user_account", sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade():
    op.drop_column("user_account", "must_change_password")
