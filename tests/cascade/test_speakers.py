"""Laws of who speaks."""

from hypothesis import given
from hypothesis import strategies as st

from cascade.speakers import BEGIN_NS, FORGET_NS, SILENCE, SPEECH, TAKE_OVER_NS, Speakers

TICK_NS = 200_000_000
START = 1_000_000_000_000
LOUD, LOUDER, QUIET = 30, 20, 80


class Talk:
    """A room in which time passes."""

    def __init__(self) -> None:
        self.speakers = Speakers()
        self.now_ns = START

    def hear(self, for_ns: int, **levels: int) -> str:
        """All sound like that for so long; who is the speaker then."""
        for _ in range(for_ns // TICK_NS + 1):
            self.now_ns += TICK_NS
            self.speakers.hear(levels, self.now_ns)
        return self.speakers.current


def test_who_speaks_is_the_speaker() -> None:
    """Whoever is quiet is not."""
    assert Talk().hear(BEGIN_NS, anna=QUIET, ben=LOUD) == "ben"
    assert Talk().hear(BEGIN_NS, anna=QUIET, ben=QUIET) == ""


def test_a_cough_takes_nothing_over() -> None:
    """Somebody louder has to go on for a while."""
    talk = Talk()
    talk.hear(BEGIN_NS, anna=LOUD, ben=QUIET)

    assert talk.hear(0, anna=LOUD, ben=LOUDER) == "anna"
    assert talk.hear(TAKE_OVER_NS, anna=LOUD, ben=LOUDER) == "ben"


def test_equals_do_not_flicker() -> None:
    """Whoever began stays while the other is not clearly louder."""
    talk = Talk()
    talk.hear(BEGIN_NS, anna=LOUD, ben=QUIET)

    assert talk.hear(10 * TAKE_OVER_NS, anna=LOUD, ben=LOUD - 3) == "anna"


def test_a_pause_is_not_the_end() -> None:
    """A long one is."""
    talk = Talk()
    talk.hear(BEGIN_NS, anna=LOUD)

    assert talk.hear(FORGET_NS // 3, anna=SILENCE) == "anna"
    assert talk.hear(FORGET_NS + 2 * TICK_NS, anna=SILENCE) == ""
    assert "anna" in talk.speakers.spoke


def test_who_left_is_nobody() -> None:
    """And was never there."""
    talk = Talk()
    talk.hear(BEGIN_NS, anna=LOUD)

    assert talk.hear(0) == ""
    assert talk.speakers.spoke == {}


def test_the_end_of_the_speaker_is_a_change() -> None:
    """Listeners are told when whoever spoke left in the middle of a word."""
    talk = Talk()
    talk.hear(BEGIN_NS, anna=LOUD)

    assert talk.speakers.hear({}, 10 * BEGIN_NS)
    assert talk.speakers.current == ""


def test_words_have_gaps() -> None:
    """Who is quiet for a moment between two words speaks all the same; a quiet room never does."""
    talk = Talk()
    for _ in range(4):
        talk.hear(0, anna=LOUD, ben=SPEECH)
        talk.hear(0, anna=QUIET - 10, ben=SPEECH)

    assert talk.speakers.current == "anna"


def test_who_left_without_a_word_is_a_change_too() -> None:
    """Also where it is forgotten before the next look."""
    talk = Talk()
    talk.hear(BEGIN_NS, anna=LOUD)
    talk.speakers.forget("anna")

    assert talk.speakers.hear({}, talk.now_ns + TICK_NS)
    assert (talk.speakers.current, talk.speakers.spoke) == ("", {})


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, SILENCE)), max_size=60))
def test_speakers_change_only_after_a_while(story: list[dict[str, int]]) -> None:
    """However loud it is and whoever is there, nobody begins or takes over within a moment, and
    what is kept is of those who are there.
    """
    speakers, now_ns, since_ns = Speakers(), START, START
    for levels in story:
        now_ns += TICK_NS
        former = speakers.current
        changed = speakers.hear(levels, now_ns)

        assert changed == (speakers.current != former)
        assert speakers.current in {"", *levels}
        assert speakers.spoke.keys() <= levels.keys()
        if changed and speakers.current:
            assert now_ns - since_ns >= BEGIN_NS
        if changed:
            since_ns = now_ns
