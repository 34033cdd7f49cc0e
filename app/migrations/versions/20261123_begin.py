"""The first tables, their triggers, and the rows that every database begins with."""

import sqlalchemy as sa
from alembic import op

from app.catalog.models import NO_LOT
from app.triggers import append_only_ddl
from app.ledger.seals import seal_ddl
from app.places.rules import End, LocationKind

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_event",
    "scan",
    "scan_resolution",
    "stocktake_approval",
    "ledger_posting",
    "ledger_move",
    "ledger_revaluation",
    "ledger_entry",
    "ledger_anchor",
    "ledger_period",
)
SEALED = (
    "ledger_posting",
    "ledger_move",
    "ledger_revaluation",
    "ledger_entry",
    "ledger_anchor",
    "ledger_balance",
)


def upgrade():
    op.create_table(
        "account",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.String(length=6), nullable=False),
        sa.Column("parent_code", sa.String(length=20), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_code"], ["account.code"], name=op.f("fk_account_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_account")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("parent_id", "name", name=op.f("uq_category_parent_id_name")),
    )
    with op.batch_alter_table("category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_category_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_category_root_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("parent_id is null"),
            postgresql_where=sa.text("parent_id is null"),
        )

    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("chart", sa.Enum("small", "enterprise", name="chart", native_enum=False, length=24), nullable=False),
        sa.Column(
            "tax_status",
            sa.Enum("general", "small_scale", name="taxstatus", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("one_person", sa.Boolean(), nullable=False),
        sa.Column("bill_with_goods", sa.Boolean(), nullable=False),
        sa.Column("http_full", sa.Boolean(), nullable=False),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "document_number",
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "period", name=op.f("pk_document_number")),
    )
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=40), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "ledger_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("open_from", sa.Date(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_counter_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_counter")),
        postgresql_with={"fillfactor": "20"},
    )
    op.create_table(
        "location",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "warehouse",
                "zone",
                "bin",
                "dock",
                "staging",
                "quarantine",
                "transit",
                "end",
                name="locationkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("walk", sa.Integer(), nullable=False),
        sa.Column("natural_code", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind in ('warehouse','end') or parent_id is not null", name=op.f("ck_location_has_parent")),
        sa.CheckConstraint(
            "kind in ('warehouse','end') or warehouse_id is not null", name=op.f("ck_location_has_warehouse")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["location.id"], name=op.f("fk_location_parent_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["location.id"], name=op.f("fk_location_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("code", name=op.f("uq_location_code")),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index("ix_location_kind_code", ["kind", "code"], unique=False)
        batch_op.create_index(batch_op.f("ix_location_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_location_warehouse_id"), ["warehouse_id"], unique=False)

    op.create_table(
        "own_field",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("choices", sa.String(length=500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_field")),
        sa.UniqueConstraint("subject", "name", name=op.f("uq_own_field_subject_name")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("initials", sa.String(length=200), nullable=False),
        sa.Column("is_supplier", sa.Boolean(), nullable=False),
        sa.Column("is_customer", sa.Boolean(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("contact", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("terms_days", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("own_fields", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("is_supplier or is_customer", name=op.f("ck_partner_has_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("code", name=op.f("uq_partner_code")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_partner_credit_code")),
    )
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_partner_initials"), ["initials"], unique=False)

    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_address_at", ["address", "at"], unique=False)
        batch_op.create_index("ix_sign_in_attempt_login_at", ["login", "at"], unique=False)

    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.CheckConstraint("places between 0 and 3", name=op.f("ck_unit_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("name", name=op.f("uq_unit_name")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=True),
        sa.Column("theme", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_audit_event_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_subject"), ["subject"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["last_user_id"], ["user_account.id"], name=op.f("fk_device_last_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_table(
        "import_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "staging",
                "checked",
                "applying",
                "applied",
                "failed",
                "discarded",
                name="importstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("heading", sa.Integer(), nullable=False),
        sa.Column("staged", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("only_good", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_import_file_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )
    with op.batch_alter_table("import_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_file_state"), ["state"], unique=False)

    op.create_table(
        "item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("initials", sa.String(length=200), nullable=False),
        sa.Column("spec", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tax_rate", sa.Integer(), nullable=False),
        sa.Column("purchase_price", sa.BigInteger(), nullable=True),
        sa.Column("sale_price", sa.BigInteger(), nullable=True),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("safety", sa.BigInteger(), nullable=False),
        sa.Column("tracks_lots", sa.Boolean(), nullable=False),
        sa.Column("tracks_expiry", sa.Boolean(), nullable=False),
        sa.Column("picture_id", sa.Integer(), nullable=True),
        sa.Column("own_fields", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("minimum >= 0 and safety >= 0", name=op.f("ck_item_thresholds")),
        sa.CheckConstraint("tax_rate between 0 and 10000", name=op.f("ck_item_tax_rate")),
        sa.CheckConstraint("tracks_lots or not tracks_expiry", name=op.f("ck_item_expiry_needs_lots")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_item_category_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_item_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("code", name=op.f("uq_item_code")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_initials"), ["initials"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_name"), ["name"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.name"], name=op.f("fk_job_run_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_job_started_at", ["job", "started_at"], unique=False)

    op.create_table(
        "ledger_period",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("after_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_ledger_period_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_period")),
        sa.UniqueConstraint("until", name=op.f("uq_ledger_period_until")),
    )
    op.create_table(
        "ledger_posting",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reverses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_ledger_posting_digest")),
        sa.CheckConstraint("reverses < seq", name=op.f("ck_ledger_posting_reverses_earlier")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_ledger_posting_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_ledger_posting_by")),
        sa.ForeignKeyConstraint(["reverses"], ["ledger_posting.seq"], name=op.f("fk_ledger_posting_reverses")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_posting")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_posting_key")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_posting_reverses")),
    )
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_posting_effective_on"), ["effective_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_posting_kind"), ["kind"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_notice_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notice_user_id_key")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_subject"), ["subject"], unique=False)
        batch_op.create_index("ix_notice_user_id_read_at", ["user_id", "read_at"], unique=False)

    op.create_table(
        "stored_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("thumb_sha256", sa.String(length=64), nullable=False),
        sa.Column("mimetype", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0 and width > 0 and height > 0", name=op.f("ck_stored_file_has_content")),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_stored_file_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_stored_file_sha256")),
    )
    op.create_table(
        "user_ended_epoch",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_ended_epoch_user_id")),
        sa.PrimaryKeyConstraint("user_id", "epoch", name=op.f("pk_user_ended_epoch")),
    )
    op.create_table(
        "import_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("state", sa.Enum("staged", "bad", name="rowstate", native_enum=False, length=24), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_file.id"], name=op.f("fk_import_row_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index("ix_import_row_import_id_state_number", ["import_id", "state", "number"], unique=False)

    op.create_table(
        "ledger_cost",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("last_price", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0 or value = 0", name=op.f("ck_ledger_cost_nothing_is_worth_nothing")),
        sa.CheckConstraint(
            "quantity >= 0 and value >= 0 and last_price >= 0", name=op.f("ck_ledger_cost_not_negative")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_ledger_cost_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_ledger_cost")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("debit", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "account not in ('1122', '1123', '2202', '220202', '2203') or (partner_id is not null and due_on is not null)",
            name=op.f("ck_ledger_entry_owed_by_whom"),
        ),
        sa.CheckConstraint(
            "debit >= 0 and credit >= 0 and (debit > 0) <> (credit > 0)", name=op.f("ck_ledger_entry_one_side")
        ),
        sa.CheckConstraint("id / 1048576 = posting_seq", name=op.f("ck_ledger_entry_id_of_posting")),
        sa.ForeignKeyConstraint(["account"], ["account.code"], name=op.f("fk_ledger_entry_account")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_ledger_entry_partner_id")),
        sa.ForeignKeyConstraint(
            ["posting_seq"],
            ["ledger_posting.seq"],
            name=op.f("fk_ledger_entry_posting_seq"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_account", ["account", "id"], unique=False)
        batch_op.create_index(
            "ix_ledger_entry_partner",
            ["partner_id", "account", "due_on"],
            unique=False,
            postgresql_where=sa.text("partner_id is not null"),
            sqlite_where=sa.text("partner_id is not null"),
        )
        batch_op.create_index(batch_op.f("ix_ledger_entry_posting_seq"), ["posting_seq"], unique=False)

    op.create_table(
        "ledger_revaluation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("variance", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=True),
        sa.CheckConstraint("id / 1048576 = posting_seq", name=op.f("ck_ledger_revaluation_id_of_posting")),
        sa.ForeignKeyConstraint(["account"], ["account.code"], name=op.f("fk_ledger_revaluation_account")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_ledger_revaluation_item_id")),
        sa.ForeignKeyConstraint(
            ["posting_seq"],
            ["ledger_posting.seq"],
            name=op.f("fk_ledger_revaluation_posting_seq"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_revaluation")),
    )
    with op.batch_alter_table("ledger_revaluation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_revaluation_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_revaluation_posting_seq"), ["posting_seq"], unique=False)

    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.CheckConstraint("item_id is not null or id = 0", name=op.f("ck_lot_has_item")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("item_id", "code", name=op.f("uq_lot_item_id_code")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_item_id"), ["item_id"], unique=False)

    op.create_table(
        "pack",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("factor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("factor > 0", name=op.f("ck_pack_factor")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_pack_item_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_pack_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack")),
        sa.UniqueConstraint("item_id", "unit_id", "factor", name=op.f("uq_pack_item_id_unit_id_factor")),
    )
    with op.batch_alter_table("pack", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_item_id"), ["item_id"], unique=False)

    op.create_table(
        "stock_threshold",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("safety", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minimum >= 0 and safety >= 0", name=op.f("ck_stock_threshold_not_negative")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_stock_threshold_item_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["location.id"], name=op.f("fk_stock_threshold_warehouse_id")),
        sa.PrimaryKeyConstraint("item_id", "warehouse_id", name=op.f("pk_stock_threshold")),
    )
    op.create_table(
        "stocktake",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "counting",
                "review",
                "approved",
                "posted",
                "cancelled",
                name="stocktakestate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "scope_kind",
            sa.Enum("warehouse", "zone", "bins", "category", "list", name="scopekind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("scope_ids", sa.JSON(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("tolerance_quantity", sa.BigInteger(), nullable=True),
        sa.Column("tolerance_percent", sa.BigInteger(), nullable=True),
        sa.Column("tolerance_value", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(state = 'posted') = (posting_seq is not null)", name=op.f("ck_stocktake_posted_has_posting")
        ),
        sa.CheckConstraint(
            "tolerance_quantity >= 0 and tolerance_percent >= 0 and tolerance_value >= 0",
            name=op.f("ck_stocktake_tolerances"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_stocktake_created_by")),
        sa.ForeignKeyConstraint(["posted_by"], ["user_account.id"], name=op.f("fk_stocktake_posted_by")),
        sa.ForeignKeyConstraint(["posting_seq"], ["ledger_posting.seq"], name=op.f("fk_stocktake_posting_seq")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["location.id"], name=op.f("fk_stocktake_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake")),
        sa.UniqueConstraint("number", name=op.f("uq_stocktake_number")),
        sa.UniqueConstraint("posting_seq", name=op.f("uq_stocktake_posting_seq")),
    )
    with op.batch_alter_table("stocktake", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stocktake_state"), ["state"], unique=False)

    op.create_table(
        "barcode",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("pack_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_barcode_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barcode")),
        sa.UniqueConstraint("code", name=op.f("uq_barcode_code")),
    )
    with op.batch_alter_table("barcode", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_barcode_pack_id"), ["pack_id"], unique=False)

    op.create_table(
        "ledger_anchor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "counted >= 0 and uncertainty_ms >= 0 and unit_cost >= 0", name=op.f("ck_ledger_anchor_not_negative")
        ),
        sa.CheckConstraint("id / 1048576 = posting_seq", name=op.f("ck_ledger_anchor_id_of_posting")),
        sa.CheckConstraint("location_id > 6", name=op.f("ck_ledger_anchor_own_place")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_ledger_anchor_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_ledger_anchor_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_ledger_anchor_lot_id")),
        sa.ForeignKeyConstraint(
            ["posting_seq"],
            ["ledger_posting.seq"],
            name=op.f("fk_ledger_anchor_posting_seq"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_anchor")),
        sa.UniqueConstraint(
            "item_id",
            "lot_id",
            "location_id",
            "counted_at",
            name=op.f("uq_ledger_anchor_item_id_lot_id_location_id_counted_at"),
        ),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_anchor_key")),
    )
    with op.batch_alter_table("ledger_anchor", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_anchor_location", ["location_id", "counted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_anchor_posting_seq"), ["posting_seq"], unique=False)

    op.create_table(
        "ledger_balance",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("last_moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_anchor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_beyond_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("location_id > 6", name=op.f("ck_ledger_balance_own_place")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_ledger_balance_not_negative")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_ledger_balance_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_ledger_balance_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_ledger_balance_lot_id")),
        sa.PrimaryKeyConstraint("item_id", "lot_id", "location_id", name=op.f("pk_ledger_balance")),
        postgresql_with={"fillfactor": "70"},
    )
    with op.batch_alter_table("ledger_balance", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_balance_location", ["location_id"], unique=False)

    op.create_table(
        "scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claimed_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_kind", sa.String(length=20), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "scan", "set", "zero", "open_bin", "close_bin", "undo", name="scankind", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("symbology", sa.String(length=40), nullable=True),
        sa.Column("candidate", sa.String(length=40), nullable=True),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pack_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("factor", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_code", sa.String(length=60), nullable=True),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sent_quantity", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("uncertainty_ms", sa.BigInteger(), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status", sa.Enum("accepted", "parked", name="scanstatus", native_enum=False, length=24), nullable=False
        ),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.CheckConstraint("(status = 'accepted') = (reason is null)", name=op.f("ck_scan_parked_has_reason")),
        sa.CheckConstraint(
            "status = 'parked' or kind <> 'undo' or undoes is not null", name=op.f("ck_scan_undo_names")
        ),
        sa.CheckConstraint("status = 'parked' or user_id is not null", name=op.f("ck_scan_accepted_has_user")),
        sa.CheckConstraint("(item_id is null) = (pack_id is null)", name=op.f("ck_scan_pack_of_item")),
        sa.CheckConstraint("quantity is null or quantity >= 0", name=op.f("ck_scan_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_scan_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_scan_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_scan_lot_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_scan_pack_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_scan_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scan_item_id"), ["item_id"], unique=False)
        batch_op.create_index(
            "ix_scan_parked",
            ["task_kind", "task_id"],
            unique=False,
            sqlite_where=sa.text("status = 'parked'"),
            postgresql_where=sa.text("status = 'parked'"),
        )
        batch_op.create_index("ix_scan_task", ["task_kind", "task_id", "location_id"], unique=False)
        batch_op.create_index("ix_scan_user_received", ["user_id", "received_at"], unique=False)

    op.create_table(
        "stocktake_bin",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("counter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state", sa.Enum("waiting", "open", "closed", name="binstate", native_enum=False, length=24), nullable=False
        ),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at is not null)", name=op.f("ck_stocktake_bin_closed")),
        sa.CheckConstraint("(state = 'waiting') = (counter_id is null)", name=op.f("ck_stocktake_bin_counter")),
        sa.CheckConstraint("is_main or counter_id is not null", name=op.f("ck_stocktake_bin_others_have_counter")),
        sa.CheckConstraint("round >= 1", name=op.f("ck_stocktake_bin_round")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_stocktake_bin_asked_by")),
        sa.ForeignKeyConstraint(["bin_id"], ["location.id"], name=op.f("fk_stocktake_bin_bin_id")),
        sa.ForeignKeyConstraint(["counter_id"], ["user_account.id"], name=op.f("fk_stocktake_bin_counter_id")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_bin_stocktake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_bin")),
        sa.UniqueConstraint(
            "stocktake_id",
            "bin_id",
            "round",
            "counter_id",
            name=op.f("uq_stocktake_bin_stocktake_id_bin_id_round_counter_id"),
        ),
    )
    with op.batch_alter_table("stocktake_bin", schema=None) as batch_op:
        batch_op.create_index(
            "uq_stocktake_bin_main",
            ["stocktake_id", "bin_id", "round"],
            unique=True,
            sqlite_where=sa.text("is_main"),
            postgresql_where=sa.text("is_main"),
        )

    op.create_table(
        "stocktake_item",
        sa.Column(
            "stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_stocktake_item_item_id")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_item_stocktake_id")),
        sa.PrimaryKeyConstraint("stocktake_id", "item_id", name=op.f("pk_stocktake_item")),
    )
    op.create_table(
        "stocktake_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stocktake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_found", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "approved", "posted", name="linestate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("has_changed", sa.Boolean(), nullable=False),
        sa.Column("anchor_key", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "(state = 'posted') = (anchor_key is not null)", name=op.f("ck_stocktake_line_posted_has_anchor")
        ),
        sa.CheckConstraint("asked >= 1 and approvals >= 0", name=op.f("ck_stocktake_line_counts")),
        sa.ForeignKeyConstraint(["bin_id"], ["location.id"], name=op.f("fk_stocktake_line_bin_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_stocktake_line_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stocktake_line_lot_id")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stocktake_line_stocktake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_line")),
        sa.UniqueConstraint("anchor_key", name=op.f("uq_stocktake_line_anchor_key")),
        sa.UniqueConstraint(
            "stocktake_id",
            "bin_id",
            "item_id",
            "lot_id",
            name=op.f("uq_stocktake_line_stocktake_id_bin_id_item_id_lot_id"),
        ),
    )
    op.create_table(
        "ledger_move",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("posting_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "reason",
            sa.Enum("primary", "beyond_book", "give_back", "difference", name="reason", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("variance", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=True),
        sa.Column("cause_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("anchor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("gives_back_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(reason = 'primary') = (line is not null)", name=op.f("ck_ledger_move_line_of_document")),
        sa.CheckConstraint(
            "case reason when 'primary' then cause_id is null and anchor_id is null and gives_back_id is null when 'beyond_book' then source_id = 3 and cause_id is not null and anchor_id is null and gives_back_id is null when 'difference' then cause_id is null and anchor_id is not null and gives_back_id is null else cause_id is not null and (anchor_id is null) <> (gives_back_id is null) end",
            name=op.f("ck_ledger_move_says_why"),
        ),
        sa.CheckConstraint(
            "reason = 'primary' or 3 in (source_id, target_id)", name=op.f("ck_ledger_move_derived_against_loss")
        ),
        sa.CheckConstraint(
            "(source_id > 6 and target_id > 6) = (value is null)", name=op.f("ck_ledger_move_valued_at_the_ends")
        ),
        sa.CheckConstraint("id / 1048576 = posting_seq", name=op.f("ck_ledger_move_id_of_posting")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_ledger_move_quantity")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_ledger_move_two_places")),
        sa.CheckConstraint("value >= 0 and (value is not null or variance = 0)", name=op.f("ck_ledger_move_value")),
        sa.ForeignKeyConstraint(["account"], ["account.code"], name=op.f("fk_ledger_move_account")),
        sa.ForeignKeyConstraint(["anchor_id"], ["ledger_anchor.id"], name=op.f("fk_ledger_move_anchor_id")),
        sa.ForeignKeyConstraint(["cause_id"], ["ledger_move.id"], name=op.f("fk_ledger_move_cause_id")),
        sa.ForeignKeyConstraint(["gives_back_id"], ["ledger_move.id"], name=op.f("fk_ledger_move_gives_back_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_ledger_move_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_ledger_move_lot_id")),
        sa.ForeignKeyConstraint(
            ["posting_seq"],
            ["ledger_posting.seq"],
            name=op.f("fk_ledger_move_posting_seq"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["source_id"], ["location.id"], name=op.f("fk_ledger_move_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["location.id"], name=op.f("fk_ledger_move_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_move")),
    )
    with op.batch_alter_table("ledger_move", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_move_beyond_book",
            ["item_id", "lot_id", "target_id", "occurred_at"],
            unique=False,
            postgresql_where=sa.text("reason = 'beyond_book'"),
            sqlite_where=sa.text("reason = 'beyond_book'"),
        )
        batch_op.create_index(batch_op.f("ix_ledger_move_posting_seq"), ["posting_seq"], unique=False)
        batch_op.create_index(
            "ix_ledger_move_source",
            ["item_id", "lot_id", "source_id", "occurred_at"],
            unique=False,
            postgresql_where=sa.text("source_id > 6"),
            sqlite_where=sa.text("source_id > 6"),
        )
        batch_op.create_index(
            "ix_ledger_move_target",
            ["item_id", "lot_id", "target_id", "occurred_at"],
            unique=False,
            postgresql_where=sa.text("target_id > 6"),
            sqlite_where=sa.text("target_id > 6"),
        )
        batch_op.create_index(
            "uq_ledger_move_anchor_id_cause_id",
            ["anchor_id", "cause_id"],
            unique=True,
            postgresql_where=sa.text("anchor_id is not null"),
            sqlite_where=sa.text("anchor_id is not null"),
        )
        batch_op.create_index(
            "uq_ledger_move_gives_back_id_cause_id",
            ["gives_back_id", "cause_id"],
            unique=True,
            postgresql_where=sa.text("gives_back_id is not null"),
            sqlite_where=sa.text("gives_back_id is not null"),
        )

    op.create_table(
        "scan_resolution",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum("bind", "take", "drop", name="scandecision", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pack_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("factor", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("decision <> 'bind' or pack_id is not null", name=op.f("ck_scan_resolution_bind_names")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_scan_resolution_decided_by")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_scan_resolution_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_scan_resolution_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_scan_resolution_lot_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_scan_resolution_pack_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_scan_resolution_scan_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_scan_resolution_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_resolution")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_scan_resolution_scan_id")),
    )
    op.create_table(
        "stocktake_approval",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("is_own_count", sa.Boolean(), nullable=False),
        sa.CheckConstraint("difference = counted - book", name=op.f("ck_stocktake_approval_difference")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_stocktake_approval_unit_cost")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_stocktake_approval_by_id")),
        sa.ForeignKeyConstraint(["line_id"], ["stocktake_line.id"], name=op.f("fk_stocktake_approval_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_approval")),
        sa.UniqueConstraint("line_id", "serial", name=op.f("uq_stocktake_approval_line_id_serial")),
    )
    _first_rows()
    _guard(op.get_bind().dialect.name)


def _first_rows():
    """Put the virtual ends, the lot that stands for none, and the ledger's counter."""
    location = sa.table("location", *map(sa.column, ("id", "kind", "code", "natural_code", "name", "walk", "active")))
    kind = LocationKind.END.value
    ends = [
        {
            "id": end.value,
            "kind": kind,
            "code": end.name,
            "natural_code": end.name.casefold(),
            "name": "",
            "walk": 0,
            "active": True,
        }
        for end in End
    ]
    op.bulk_insert(location, ends)
    op.bulk_insert(sa.table("lot", sa.column("id"), sa.column("code")), [{"id": NO_LOT, "code": ""}])
    op.bulk_insert(sa.table("ledger_counter", sa.column("id"), sa.column("seq")), [{"id": 1, "seq": 0}])


def _guard(dialect):
    """Make the triggers, and on PostgreSQL begin ids where the code expects them."""
    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, dialect):
            op.execute(statement)
    for table in SEALED:
        for statement in seal_ddl(table, dialect):
            op.execute(statement)
    if dialect == "postgresql":
        op.execute("ALTER SEQUENCE location_id_seq RESTART WITH 101")
        op.execute("ALTER SEQUENCE lot_id_seq RESTART WITH 1")


def downgrade():
    """There is nothing before the beginning."""
    raise RuntimeError("nothing can be older than this")
