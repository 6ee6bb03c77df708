"""Laws of the packaging benchmark."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import pipeline


def test_both_sides_make_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of broadcast is packaged by both, into as many bytes give or take three percent."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(
        pipeline.command, ["--seconds", "2", "--repeat", "1", "--json"], catch_exceptions=False
    )
    result = json.loads(done.output)

    assert done.exit_code == 0
    assert result["ours"][0]["bytes"] == pytest.approx(result["ffmpeg"][0]["bytes"], rel=0.03)
    assert result["ratios"] == [result["ratio"]]
    assert result["speed"] > 0
