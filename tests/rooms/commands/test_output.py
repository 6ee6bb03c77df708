"""What people and programs read."""

import json

import pytest

from rooms.commands import output


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are as wide as their widest value; nothing is shown as a dash."""
    output.show(
        [{"id": "a", "quota": {"open_rooms": 1}}, {"id": "longer", "quota": None}],
        as_json=False,
        empty="nothing",
    )

    assert capsys.readouterr().out.splitlines() == [
        "id      quota",
        'a       {"open_rooms": 1}',
        "longer  -",
    ]


def test_programs_get_a_list_always(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is one, too; people are told so."""
    output.show([], as_json=True, empty="nothing")
    output.show([], as_json=False, empty="nothing")

    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first) == []
    assert second == "nothing"
