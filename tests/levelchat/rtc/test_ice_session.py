"""Laws of PATCH on an ICE session (RFC 9725 §4.3)."""

import pytest

from levelchat.rtc.errors import FragmentOfAnother, IceSessionChanged, IceSessionNotNamed
from levelchat.rtc.ice_session import restart_wanted
from levelchat.rtc.sdp import Fragment, IceParameters

THEIRS, NEW = IceParameters("abcd", "p" * 22), IceParameters("efgh", "q" * 22)
TAG = '"ufrag"'


def test_new_credentials_restart_with_a_star() -> None:
    """The same ones again are a repeated request."""
    assert restart_wanted(Fragment(NEW, 0), "*", TAG, THEIRS) == NEW
    assert restart_wanted(Fragment(THEIRS, 0), " * ", TAG, THEIRS) is None


def test_candidates_are_taken_with_the_tag() -> None:
    """Among others too."""
    assert restart_wanted(Fragment(None, 3), TAG, TAG, THEIRS) is None
    assert restart_wanted(Fragment(THEIRS, 3), f'"old", {TAG}', TAG, THEIRS) is None


def test_what_does_not_fit_is_refused() -> None:
    """Each with what to send instead."""
    with pytest.raises(IceSessionNotNamed):
        restart_wanted(Fragment(None, 1), None, TAG, THEIRS)
    with pytest.raises(IceSessionChanged):
        restart_wanted(Fragment(None, 1), '"old"', TAG, THEIRS)
    with pytest.raises(FragmentOfAnother):
        restart_wanted(Fragment(NEW, 1), TAG, TAG, THEIRS)
    with pytest.raises(FragmentOfAnother):
        restart_wanted(Fragment(None, 1), "*", TAG, THEIRS)
