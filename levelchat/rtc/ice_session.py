"""What a PATCH of a WHIP or WHEP session's ICE means (RFC 9725 §4.3.1).

Comes in: the fragment, `If-Match`, what the session has. Goes out: whether to restart ICE, or an
error that says what to send instead. Pure.
"""

from levelchat.rtc.errors import FragmentOfAnother, IceSessionChanged, IceSessionNotNamed
from levelchat.rtc.sdp import Fragment, IceParameters


def restart_wanted(
    fragment: Fragment, if_match: str | None, etag: str, remote: IceParameters
) -> IceParameters | None:
    """The peer's new credentials, if it restarts ICE; None: there is nothing to do. *etag* is the
    session's own, *remote* are the credentials that the peer has now.
    """
    # RFC 9725 §4.3.2: without If-Match "the WHIP session MUST return a 428".
    if if_match is None:
        raise IceSessionNotNamed("PATCH needs If-Match: the ETag, or * to restart ICE")
    if if_match.strip() == "*":
        if fragment.ice is None:
            raise FragmentOfAnother("an ICE restart needs a=ice-ufrag and a=ice-pwd")
        return None if fragment.ice == remote else fragment.ice
    # RFC 9725 §4.3.2: it MUST "return a 412 ... if they do not match".
    if etag not in (tag.strip() for tag in if_match.split(",")):
        raise IceSessionChanged("ICE was restarted since; use the ETag of that answer")
    if fragment.ice is not None and fragment.ice != remote:
        raise FragmentOfAnother(
            "the fragment's credentials are not those of the offer; "
            "to restart ICE send If-Match: *"
        )
    # Our own candidates are all in the answer, and as ICE-lite we use none of the peer's: its
    # checks come to us (RFC 8445 §2.5).
    return None
