"""The tables. Times are milliseconds since the Unix epoch, structured values JSON text.

Every table with an `org_id` is a tenant's: PostgreSQL's row-level security keeps each
organisation's transactions to its own rows (see `rooms.store.migrations`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("quota", Text, nullable=False, server_default="{}"),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    UniqueConstraint("org_id", "name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("project_id", ForeignKey("projects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index(None, "project_id"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

logins = Table(
    "logins",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("media_id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("project_id", ForeignKey("projects.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("external_id", Text),
    Column("type", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("short_code", Text, nullable=False),
    Column("scheduled_for", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    # Sorts by creation and is unique, which `created_at` is not: what cursors point to.
    Column("created_key", Text, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("archived_at", BigInteger),
    Column("end_reason", Text),
    Column("moderated", Boolean, nullable=False),
    Column("deadline_at", BigInteger),
    UniqueConstraint("project_id", "id"),
    UniqueConstraint("org_id", "short_code"),
    Index(None, "project_id", "created_key"),
    Index(None, "project_id", "state", "created_key"),
    Index(None, "project_id", "type", "created_key"),
    Index(None, "project_id", "external_id", "created_key"),
)
Index(
    "ix_rooms_deadline_at",
    rooms.c.deadline_at,
    postgresql_where=rooms.c.deadline_at.is_not(None),
    sqlite_where=rooms.c.deadline_at.is_not(None),
)

transitions = Table(
    "transitions",
    metadata,
    # SQLite counts up by itself only in a column that it calls INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("media_id", ForeignKey("rooms.media_id"), nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "media_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("project_id", Text, nullable=False),
    Column("media_id", ForeignKey("rooms.media_id"), nullable=False),
    Column("participant_id", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("capabilities", Text, nullable=False),
    Column("meta", Text, nullable=False, server_default="{}"),
    Column("transport", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("token_id", Text, nullable=False),
    Column("moderator", Boolean, nullable=False),
    Column("publisher", Boolean, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    Column("reason", Text),
    Index(None, "media_id", "left_at"),
    Index(None, "media_id", "identity"),
    Index(None, "project_id", "joined_at"),
)
Index(
    "ix_sessions_seen_at_open",
    sessions.c.seen_at,
    postgresql_where=sessions.c.left_at.is_(None),
    sqlite_where=sessions.c.left_at.is_(None),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("media_id", ForeignKey("rooms.media_id"), nullable=False),
    Column("identity", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "media_id", "id"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("media_id", ForeignKey("rooms.media_id"), nullable=False),
    Column("identity", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Index(None, "until_at"),
)

restrictions = Table(
    "restrictions",
    metadata,
    Column("media_id", ForeignKey("rooms.media_id"), primary_key=True),
    Column("identity", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Who may not publish in a room, whatever the token says."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("project_id", ForeignKey("projects.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    # Encrypted: a signature needs the secret itself, so a hash would not do.
    Column("secret", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Index(None, "project_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("project_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "created_at"),
)
"""What happened and is owed to a webhook: written with the change that it announces."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("event_id", ForeignKey("events.id"), nullable=False),
    Column("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    # pending, delivered, or dead
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("delivered_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "webhook_id", "id"),
    Index(None, "event_id"),
)
Index(
    "ix_deliveries_due_at",
    deliveries.c.due_at,
    postgresql_where=deliveries.c.state == "pending",
    sqlite_where=deliveries.c.state == "pending",
)
# What is due to one webhook, however much is owed to the others.
Index(
    "ix_deliveries_webhook_id_due_at",
    deliveries.c.webhook_id,
    deliveries.c.due_at,
    postgresql_where=deliveries.c.state == "pending",
    sqlite_where=deliveries.c.state == "pending",
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("project_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("org_id", ForeignKey("organisations.id"), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "created_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", BigInteger, nullable=False),
)
"""Who may do what only one replica should, such as sweeping."""

TENANT_TABLES = tuple(
    table for table in metadata.sorted_tables if "org_id" in table.c or table is organisations
)
"""Under row-level security on PostgreSQL."""
