"""Laws of judging query plans."""

import pytest

from bench.rooms_idle import by_an_index


@pytest.mark.parametrize(
    "lines",
    [
        "SEARCH rooms USING INDEX ix_rooms_project_id_created_key (project_id=? AND created_key<?)",
        "SEARCH rooms USING COVERING INDEX ix_rooms_deadline_at (deadline_at<?)",
        "Limit  (cost=0.42..9.1 rows=101) / ->  Index Scan Backward using ix_rooms_project_id",
        "Limit / ->  Sort  (cost=10) / ->  Bitmap Index Scan on ix",
        "Bitmap Heap Scan on rooms / ->  Bitmap Index Scan on uq_rooms_org_id",
    ],
)
def test_a_plan_by_index_is_one(lines: str) -> None:
    """A search, a scan of an index in its order."""
    assert by_an_index(lines)


@pytest.mark.parametrize(
    "lines",
    [
        "SCAN rooms",
        "SCAN rooms USING INDEX ix_rooms_project_id_created_key",
        "SEARCH rooms USING INDEX ix (project_id=?) / USE TEMP B-TREE FOR ORDER BY",
        "Seq Scan on rooms  (cost=0.00..3000)",
        "",
    ],
)
def test_a_plan_that_reads_a_table_is_none(lines: str) -> None:
    """Every row read, or sorted for want of an index: slower with each room."""
    assert not by_an_index(lines)
