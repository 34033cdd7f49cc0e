"""Photos beside scans that wait for a person."""

import sqlalchemy as sa
from alembic import op

from app.triggers import append_only_ddl

revision = "0002_scan_photo"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "scan_photo",
        sa.Column("id", number, nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", number, nullable=False),
        sa.Column("added_by", number, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_scan_photo_scan_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_scan_photo_file_id")),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_scan_photo_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_photo")),
        sa.UniqueConstraint("scan_id", "file_id", name="uq_scan_photo_once"),
    )
    for statement in append_only_ddl("scan_photo", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade():
    op.drop_table("scan_photo")
