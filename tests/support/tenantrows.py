"""One row of every table for an organisation, made from the tables themselves."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table

from rooms.store.tables import metadata


def rows_of(org: str) -> list[tuple[Table, dict[str, object]]]:
    """Parents before children; every value differs from another organisation's."""
    made: dict[str, dict[str, object]] = {}
    for table in metadata.sorted_tables:
        made[table.name] = {column.name: _value(column, org, made) for column in table.c}
    return [(table, made[table.name]) for table in metadata.sorted_tables]


def _value(column: Column[object], org: str, made: dict[str, dict[str, object]]) -> object:
    for key in column.foreign_keys:
        return made[key.column.table.name][key.column.name]
    if isinstance(column.type, LargeBinary):
        return f"{column.name} of {org}".encode()
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, BigInteger | Integer):
        return sum(org.encode())
    return f"{column.name} of {org}"
