"""Users, their sessions, tokens of programs, and the log of what was changed. Secrets are here as hashes alone."""

from sqlalchemy import Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# `role` is viewer, operator or administrator; `password` an argon2 hash, "" for who comes by OIDC as `subject`.
users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text),
)

# `hash` is that of the cookie's secret, `csrf` what a changing request has to repeat.
sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Index("sessions_by_user", "user"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
)

# Who (a user, or `cli:NAME` for an account of the machine) did what (a fixed word) to what, and how; `detail` is JSON.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_by_time", "at"),
    Index("audit_by_subject", "subject"),
)
