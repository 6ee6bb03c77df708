"""Row-level security of PostgreSQL, as revisions put it on tables.

Comes in: a table and the column that says whose a row is. Goes out: a policy that keeps the role
`levelchat_tenant` to the rows of the organisation that the transaction is for.
"""

from alembic import op

_MAKE_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'levelchat_tenant') THEN
        BEGIN
            CREATE ROLE levelchat_tenant NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- roles are the cluster's: another database's migration was faster
        END;
    END IF;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        BEGIN
            EXECUTE format('GRANT levelchat_tenant TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;  -- somebody else made the role; whether it may be used is seen below
        END;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO levelchat_tenant', current_schema());
END $$
"""


def make_role() -> None:
    """Makes the role where it is missing, and proves that transactions can take it."""
    op.execute(_MAKE_ROLE)
    op.execute("SET LOCAL ROLE levelchat_tenant")
    op.execute("RESET ROLE")


def protect(table: str, column: str) -> None:
    """*table* shows and takes only rows whose *column* is the transaction's organisation."""
    mine = f"{column} = current_setting('levelchat.org', true)"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO levelchat_tenant")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} TO levelchat_tenant USING ({mine}) WITH CHECK ({mine})"
    )


def allow_counting(table: str, column: str) -> None:
    """The role may take numbers from the sequence behind *column*."""
    op.execute(f"GRANT USAGE ON SEQUENCE {table}_{column}_seq TO levelchat_tenant")
