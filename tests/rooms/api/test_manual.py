"""Laws of rooms.api.manual."""

from html.parser import HTMLParser

from apikit import ApiKit

from rooms.api import manual

VOID = {"meta", "br", "hr", "link", "img"}
OPTIONAL = {"tr", "td", "th", "p"}


class Outline(HTMLParser):
    """What a page is made of, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [value for value in (given.get("id"),) if value]
        self.links += [value for value in (given.get("href"),) if value]
        if tag not in VOID | OPTIONAL:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in OPTIONAL:
            assert self._open.pop() == tag

    @property
    def left_open(self) -> list[str]:
        return self._open


async def test_the_page_needs_no_script(api: ApiKit) -> None:
    """HTML and one style; the policy forbids everything else."""
    answer = await api.call("GET", "/docs", key=None)
    page = await answer.text()
    outline = Outline()
    outline.feed(page)

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert outline.left_open == []
    assert "script" not in outline.tags
    assert {"/v1/openapi.json", "/docs/errors"} <= set(outline.links)


async def test_it_shows_every_call_and_structure(api: ApiKit) -> None:
    """Each operation and schema of the document has its place, and links lead there."""
    document = api.api.document
    outline = Outline()
    outline.feed(manual.page(document))
    wanted = {each["operationId"] for item in document["paths"].values() for each in item.values()}
    wanted |= {f"schema-{name}" for name in document["components"]["schemas"]}

    assert wanted <= set(outline.ids)
    inside = {link[1:] for link in outline.links if link.startswith("#")}
    assert inside <= set(outline.ids)


def test_what_is_described_is_text() -> None:
    """Markup in a description is shown, not obeyed."""
    page = manual.page(
        {
            "info": {"title": "<i>", "description": "`<b>` [x](/docs)", "version": "1"},
            "tags": [],
            "paths": {},
            "components": {"securitySchemes": {}, "schemas": {}},
        }
    )

    assert "<i>" not in page
    assert '<code>&lt;b&gt;</code> <a href="/docs">x</a>' in page
