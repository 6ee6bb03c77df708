"""Laws of edge.pages."""

from pathlib import Path

import pytest
from edge_harness import Harness


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "watch.html", "publish.html", "stage.html"):
        (folder / name).write_text(f"<!doctype html>{name}")
    (folder / "assets" / "watch-1a2b.js").write_text("1")
    (tmp_path / "secret").write_text("secret")
    return folder


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index"),
        ("/watch/r_a", "watch"),
        ("/publish/r_a", "publish"),
        ("/stage/r_a", "stage"),
    ],
)
async def test_each_page_is_served_with_its_policy(
    edge: Harness, built: Path, path: str, name: str
) -> None:
    """Pages come with a Content-Security-Policy that allows nothing inline."""
    answer = await edge.client.get(path)

    assert f"{name}.html" in await answer.text()
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]
    assert "blob:" in answer.headers["Content-Security-Policy"]


async def test_only_the_stage_asks_other_nodes(edge: Harness, built: Path) -> None:
    """The stage's page may follow to another node; the others ask their own server only."""
    policies = [
        (await edge.client.get(f"/{page}/r_a")).headers["Content-Security-Policy"]
        for page in ("stage", "watch", "publish")
    ]

    assert ["connect-src 'self' http: https:;" in policy for policy in policies] == [
        True,
        False,
        False,
    ]


async def test_assets_are_kept_for_a_year(edge: Harness, built: Path) -> None:
    """An asset's name changes with its content, so that it never expires."""
    answer = await edge.client.get("/assets/watch-1a2b.js")

    assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True)


@pytest.mark.parametrize("name", ["..%2F..%2Fsecret", ".hidden", "none.js", "%00"])
async def test_nothing_outside_the_folder_is_served(edge: Harness, built: Path, name: str) -> None:
    """No path leads out of the assets."""
    answer = await edge.client.get(f"/assets/{name}")

    assert answer.status == 404


async def test_pages_that_were_not_built_say_how(edge: Harness) -> None:
    """Without a build the answer names the command that makes one."""
    answer = await edge.client.get("/watch/r_a")
    body = await answer.json(content_type="application/problem+json")

    assert (answer.status, body["code"]) == (503, "pages_missing")
    assert "make web" in body["detail"]
