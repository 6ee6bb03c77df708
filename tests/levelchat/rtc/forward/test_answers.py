"""RTCP, answered."""

from forwardkit import Kit, Pushing, h264, until

from levelchat.rtc import rtcp
from levelchat.rtc.rtcp import ReportBlock


async def test_feedback_about_strangers_changes_nothing(kit: Kit) -> None:
    """SSRCs that are no outlet's of this route, another's included, are ignored."""
    viewer, other, source = kit.peer(), kit.peer(), Pushing(kit)
    outlet = kit.outlet(viewer, 100)
    kit.outlet(other, 200)
    kit.select(outlet, source.number, at_once=True)
    source.push(5, 5, h264(5))
    await until(lambda: len(viewer.received) == 1)
    other.send_rtcp(
        rtcp.nack(1, 100, [5])
        + rtcp.pli(1, 100)
        + rtcp.fir(1, 100, 1)
        + rtcp.receiver_report(1, [ReportBlock(100, 9, 9, 9, 9, 9, 9)])
    )
    await kit.settle()

    stats = kit.forwarder.outlet_stats(outlet)
    assert (stats.nacked, stats.plis, stats.reports, stats.resent) == (0, 0, 0, 0)
    assert kit.events.wanted == []
