"""One alert a bad spell."""

from rooms.alerts import MAX_FOLLOWED, Alerts


def feed(alerts: Alerts, losses: list[float]) -> list[bool]:
    return [alerts.take("r_1", "ada", loss) for loss in losses]


def test_a_short_loss_is_no_alert() -> None:
    """Two bad reports and a good one say nothing."""
    assert not any(feed(Alerts(), [0.3, 0.3, 0.0] * 5))


def test_a_spell_is_told_once() -> None:
    """The third bad report in a row alerts, those after it do not."""
    assert feed(Alerts(), [0.1] * 6) == [False, False, True, False, False, False]


def test_a_second_spell_is_told_again() -> None:
    """Once it was good for as long."""
    alerts = Alerts()
    feed(alerts, [0.1] * 3 + [0.0] * 3)

    assert feed(alerts, [0.1] * 3) == [False, False, True]


def test_wavering_is_one_spell() -> None:
    """Between good and bad nothing is told again."""
    alerts = Alerts()
    feed(alerts, [0.1] * 3)

    assert not any(feed(alerts, [0.03, 0.1, 0.1, 0.1] * 3))


def test_publishers_are_told_apart_and_forgotten() -> None:
    """Each has its own spell, and memory is bounded."""
    alerts = Alerts()
    feed(alerts, [0.1] * 2)
    assert not alerts.take("r_2", "ada", 0.1)
    alerts.forget("r_1", "ada")
    assert not alerts.take("r_1", "ada", 0.1)
    for n in range(MAX_FOLLOWED + 5):
        alerts.take("r_3", f"user-{n}", 0.1)
    assert len(alerts._spells) == MAX_FOLLOWED
