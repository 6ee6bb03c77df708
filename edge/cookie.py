"""The cookie by which a player that cannot send headers shows its room token. Pure.

Comes in: `Cookie` headers, tokens. Goes out: the token, `Set-Cookie` headers. The cookie is the
token itself, good for one room's path alone; no edge has to remember it.
"""

from edge.errors import TokenTooLong

NAME = "lc_live"
_PREFIX = f"{NAME}="
MAX_VALUE = 3800
"""Characters. RFC 6265 §6.1: browsers need keep no more than 4,096 bytes of a cookie, its name and
attributes included."""


def find(header: str) -> str:
    """The token in a `Cookie` header; empty when there is none."""
    # RFC 6265 §4.2.1: pairs are parted by "; ". Its own parser takes ten times as long.
    for pair in header.split(";"):
        stripped = pair.strip()
        if stripped.startswith(_PREFIX):
            return stripped[len(_PREFIX) :].strip('"')
    return ""


def keep(token: str, room: str, max_age: int, *, secure: bool, cross_site: bool) -> str:
    """The `Set-Cookie` header that hands *token* to the browser; raises `TokenTooLong`."""
    if len(token) > MAX_VALUE:
        raise TokenTooLong(
            f"a token of more than {MAX_VALUE} characters fits no cookie; "
            "send it as `Authorization: Bearer`, or say less in meta"
        )
    return _cookie(token, room, max_age, secure=secure, cross_site=cross_site)


def forget(room: str, *, secure: bool, cross_site: bool) -> str:
    """The one that takes it back."""
    return _cookie("", room, 0, secure=secure, cross_site=cross_site)


def _cookie(value: str, room: str, max_age: int, *, secure: bool, cross_site: bool) -> str:
    head = f"{NAME}={value}; Path=/live/{room}/; Max-Age={max_age}; HttpOnly"
    if cross_site:
        # Without `Partitioned` browsers that block third-party cookies drop it.
        return f"{head}; SameSite=None; Secure; Partitioned"
    return f"{head}; SameSite=Lax" + ("; Secure" if secure else "")
