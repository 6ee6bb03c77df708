"""One connected peer."""

from forwardkit import VIDEO_PT, bound_socket

from levelchat.media.codec import Codec
from levelchat.rtc.forward.outlet import Outlet
from levelchat.rtc.forward.packets import Form
from levelchat.rtc.forward.routes import Route
from levelchat.rtc.forward.seams import MAX_SSRCS, ExtensionIds, OutletConfig, SourceConfig
from levelchat.rtc.forward.source import Source


def test_new_keys_forget_old_streams() -> None:
    """Libsrtp's states are gone with the context that had them."""
    with bound_socket() as sock:
        route = Route(1, 0, sock)
        route.ssrcs.update(range(MAX_SSRCS))
        assert route.may_open(3)
        assert not route.may_open(MAX_SSRCS)
        route.rekey(None, "new")  # type: ignore[arg-type]
        assert route.may_open(MAX_SSRCS)
        assert route.cname == "new"


def test_who_publishes_as_well_is_no_mere_subscriber() -> None:
    """What it says may be for whoever receives from it."""
    with bound_socket() as sock:
        route = Route(1, 0, sock)
        assert not route.only_subscribes
        config = OutletConfig(5, 90_000, is_video=True)
        route.outlets[5] = Outlet(1, 1, config, Form(ExtensionIds()))
        assert route.only_subscribes
        route.attached[9] = Source(1, SourceConfig(Codec.VP8, VIDEO_PT)), False
        assert not route.only_subscribes
