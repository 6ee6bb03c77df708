"""Laws of the edge's benchmark."""

import json

from click.testing import CliRunner

from bench import edge_wake


def test_every_viewer_is_woken_and_counted() -> None:
    """Twenty viewers get three parts each, over real sockets from an edge of its own."""
    done = CliRunner().invoke(
        edge_wake.command,
        ["--viewers", "20", "--rounds", "3", "--seconds", "0.3", "--json"],
        catch_exceptions=False,
    )
    result = json.loads(done.stdout)

    assert done.exit_code == 0
    assert result["woken_ms"]["count"] == 60
    assert 0 < result["woken_ms"]["p50"] <= result["last_ms"]["max"]
    assert result["ready_per_second"] > 0
