"""pylibsrtp without its limits."""

import forwardkit
from forwardkit import KEY_BYTES, packet

from levelchat.rtc.forward import _srtp
from levelchat.rtc.forward._srtp import Keys, Workspace

KEY = bytes(range(KEY_BYTES))


def test_functions_and_contexts_have_addresses() -> None:
    """C code calls libsrtp itself: each function is somewhere else, each session's context too."""
    functions = {_srtp.address_of(name) for name in ("srtp_protect", "srtp_unprotect")}
    sessions = [forwardkit.session(KEY, inbound=True) for _ in range(2)]
    contexts = {_srtp.context_of(session) for session in sessions}

    assert len(functions | contexts) == 4
    assert 0 not in functions | contexts


def test_keys_work_both_ways() -> None:
    """What one end makes the other opens, and nothing else."""
    work = Workspace()
    ends = [
        Keys(forwardkit.session(KEY, inbound=True), forwardkit.session(KEY, inbound=False), work)
        for _ in range(2)
    ]
    report = bytes.fromhex("80c90001") + bytes(4)
    protected = ends[0].protect_rtcp(report)

    assert protected is not None
    assert ends[1].unprotect_rtcp(protected) == report
    assert ends[1].unprotect_rtcp(protected[:-1]) is None


def test_the_largest_packet_passes() -> None:
    """1,500 bytes of SRTP are opened; what no buffer holds is refused."""
    sender = forwardkit.session(KEY, inbound=False)
    work = Workspace()
    keys = Keys(
        forwardkit.session(KEY, inbound=True), forwardkit.session(KEY, inbound=False), work
    )
    plain = packet(1, payload=bytes(1340))

    assert keys.unprotect(sender.protect(plain)) == plain
    assert keys.unprotect(bytes(4000)) is None
    assert len(work.view) > 3000
