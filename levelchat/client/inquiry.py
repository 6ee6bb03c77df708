"""Asks a WHIP server what FFmpeg's muxer cannot: whether it is there, and why it refuses.

Comes in: an endpoint. Goes out: nothing when the server answers at all, or its problem document's
sentence (RFC 9457), got by posting a small offer of our own. An offer that is taken all the same
is withdrawn at once. Every wait has an end, which the muxer's have not.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException

import msgspec

from levelchat.client.errors import ServerUnreachable

TIMEOUT = 5.0
"""Seconds for an answer that needs no work."""
MAX_PROBLEM = 65_536
"""Bytes of a problem document that are read."""

_MEDIA = (
    "c=IN IP4 0.0.0.0",
    "a=ice-ufrag:levelchat",
    "a=ice-pwd:onlyasksforthereasonofrefusal",
    "a=fingerprint:sha-256 " + ":".join(["00"] * 32),
    "a=setup:active",
    "a=sendonly",
    "a=rtcp-mux",
)
OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        *_MEDIA,
        "a=mid:0",
        "a=rtpmap:111 opus/48000/2",
        "m=video 9 UDP/TLS/RTP/SAVPF 106",
        *_MEDIA,
        "a=mid:1",
        "a=rtpmap:106 H264/90000",
        "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        "",
    )
)


class Refusal(msgspec.Struct, frozen=True):
    """What the server said."""

    status: int
    detail: str

    @property
    def lasting(self) -> bool:
        """Whether the same request would be refused again."""
        # RFC 9110 §15.5: the client erred; 409 and 429 pass by themselves.
        passing = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in passing


def reach(url: str, timeout: float = TIMEOUT) -> None:
    """Returns when the server at *url* answers, whatever it says; else `ServerUnreachable`."""
    request = _request("OPTIONS", url)
    try:
        urllib.request.urlopen(request, timeout=timeout).close()  # noqa: S310 - checked in _request
    except urllib.error.HTTPError as answer:
        answer.close()
    except (OSError, HTTPException) as error:
        raise ServerUnreachable(f"the server cannot be reached: {_reason(error)}") from error


def explain(url: str, token: str, timeout: float = TIMEOUT) -> Refusal | None:
    """What the server at *url* has against a stream; None when it takes one or is silent."""
    request = _request("POST", url, token, OFFER.encode())
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - checked in _request
            _withdraw(urllib.parse.urljoin(url, answer.headers.get("Location", "")), token)
    except urllib.error.HTTPError as error:
        with error:
            return Refusal(error.code, _detail(error.read(MAX_PROBLEM)) or error.reason)
    except (OSError, HTTPException):
        return None
    return None


def _withdraw(resource: str, token: str) -> None:
    with suppress(OSError, HTTPException):
        urllib.request.urlopen(_request("DELETE", resource, token), timeout=TIMEOUT).close()  # noqa: S310 - same


def _request(
    method: str, url: str, token: str = "", body: bytes | None = None
) -> urllib.request.Request:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"a WHIP endpoint is an http or https URL, not {url}")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/sdp"
    return urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - checked above


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return getattr(cause, "strerror", None) or str(cause)


def _detail(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    detail = document.get("detail") if isinstance(document, dict) else None
    return detail if isinstance(detail, str) else ""
