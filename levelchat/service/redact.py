"""Keeps secrets out of logs and printed settings.

Comes in: values to be shown. Goes out: the same without what is called a secret, and without what
looks like one of ours wherever it stands in a text.
"""

import re
from typing import Any

HIDDEN = "********"

_SECRET_WORDS = (
    "secret",
    "password",
    "credential",
    "token",
    "private",
    "authorization",
    "cookie",
    "api_key",
)

_SECRETS = re.compile(
    r"""
      (?P<key> \blc_pk_[A-Za-z0-9]+\. ) [A-Za-z0-9_-]+             # an API key: its id is none
    | (?P<webhook> \bwhsec_ ) [A-Za-z0-9+/=_-]+                    # what signs webhooks
    | (?P<jwt> \b ) eyJ[A-Za-z0-9_-]{8,} (?: \.[A-Za-z0-9_-]* ){2} # a room token
    | (?P<query> [?&](?:access_)?token= ) [^&\s"'#]+
    | (?P<cookie> \blc_(?:session|view)[A-Za-z0-9_]*= ) [^;\s"']+
    | (?P<scheme> \b(?:Bearer|Basic)\s+ ) [A-Za-z0-9._~+/=-]{8,}
    | (?P<user> ://[^\s:/@]+: ) [^\s/@]+ (?= @ )                    # the password in a URL
    | (?P<alone> :// ) [^\s:/@]+ (?= @ )                            # a token in its place
    """,
    re.VERBOSE,
)


def redact(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """*value* with every member whose name speaks of a secret hidden, at any depth, and every
    text in it without what looks like one.
    """
    if isinstance(value, dict):
        return {
            key: HIDDEN if item and _is_secret(str(key)) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return text(value) if isinstance(value, str) else value


def text(said: str) -> str:
    """*said* without anything that looks like a secret of ours."""
    return _SECRETS.sub(lambda match: f"{match[match.lastgroup or 0]}{HIDDEN}", said)


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)
