"""Laws of the tables."""

import pytest
from sqlalchemy import BigInteger, Integer, Table, Text, UniqueConstraint
from sqlalchemy.sql.schema import Column

from rooms.store.tables import TENANT_TABLES, metadata

TABLES = metadata.sorted_tables


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_instants_are_64_bits(table: Table) -> None:
    """Milliseconds since the epoch do not fit 32 bits."""
    instants = [column for column in table.c if column.name.endswith(("_at", "_until", "_for"))]

    assert all(isinstance(column.type, BigInteger) for column in instants)


@pytest.mark.parametrize("table", TENANT_TABLES, ids=str)
def test_a_tenants_row_names_its_organisation(table: Table) -> None:
    """Always, and one that exists: row-level security reads this column."""
    if table.name == "organisations":
        return
    assert not table.c.org_id.nullable
    assert [key.target_fullname for key in table.c.org_id.foreign_keys] == ["organisations.id"]


def test_only_leases_belong_to_nobody() -> None:
    """Every other table is a tenant's."""
    assert {table.name for table in TABLES} - {table.name for table in TENANT_TABLES} == {"leases"}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_rows_of_a_room_are_found_by_index(table: Table) -> None:
    """No query for one room's rows reads another's, save in tables that tokens are few in."""
    if "media_id" not in table.c or table.name == "revocations":
        return
    assert "media_id" in {_first(columns) for columns in _indexed(table)}


def _indexed(table: Table) -> list[list[Column[object]]]:
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return [list(each.columns) for each in (table.primary_key, *unique, *table.indexes)]


def _first(columns: list[Column[object]]) -> str:
    return columns[0].name


def test_names_are_text_and_numbers_are_numbers() -> None:
    """An identifier is text everywhere, except where the database counts."""
    counted = {"transitions.id"}
    for table in TABLES:
        for column in table.primary_key.columns:
            if column.name == "id":
                number = isinstance(column.type, BigInteger | Integer)
                assert number == (f"{table.name}.id" in counted)
                assert number or isinstance(column.type, Text)
