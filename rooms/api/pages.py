"""Pages without a program in them: documentation, and a room by its code. Pure.

Comes in: HTML of a body. Goes out: whole documents, and the policy that keeps scripts out.
"""

import base64
import hashlib
import html

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto;
  padding: 2rem 1rem; }
code, pre { font: 0.875em/1.5 ui-monospace, monospace; }
pre { background: var(--soft); padding: 0.75rem; overflow-x: auto; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.75rem 0.3rem 0;
  border-bottom: 1px solid var(--line); }
section, details { border: 1px solid var(--line); border-radius: 6px; margin: 0.75rem 0;
  padding: 0.6rem 1rem; }
summary { cursor: pointer; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; color: var(--accent); }
.button { display: inline-block; padding: 0.6rem 1.2rem; border-radius: 6px; color: #fff;
  background: var(--accent); text-decoration: none; }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script at all, and one style, known by its hash.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def document(title: str, body: str) -> str:
    """A whole page; *title* and *body* are HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} - LevelChat</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>"
    )


def refusal(title: str, detail: str, request_id: str) -> str:
    """A problem document for people."""
    return document(
        html.escape(title),
        f"<h1>{html.escape(title)}</h1><p>{html.escape(detail)}</p>"
        f"<p><code>{html.escape(request_id)}</code></p>",
    )


def prefers_html(accept: str) -> bool:
    """Whether `Accept` asks for a page rather than JSON (RFC 9110 §12.5.1)."""
    return _quality(accept, "text/html") > _quality(accept, "application/json")


def _quality(accept: str, wanted: str) -> float:
    """What *accept* says of *wanted*: the most specific range decides."""
    kind = wanted.partition("/")[0]
    for media_range in (wanted, f"{kind}/*", "*/*"):
        for item in accept.lower().split(","):
            name, *parameters = (part.strip() for part in item.split(";"))
            if name == media_range:
                return _weight(parameters)
    return 0.0


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
