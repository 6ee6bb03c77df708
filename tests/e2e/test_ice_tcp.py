"""A browser whose UDP is blocked publishes over TCP, and goes over to UDP once that is there."""

import rtcpeers
from playwright.async_api import Browser
from whip import until

from levelchat.rtc.answer import render
from levelchat.rtc.negotiate import negotiate
from levelchat.rtc.sdp import parse_offer

OFFER = """async () => {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let hue = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${hue++ % 360}, 80%, 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 50);
  window.connection = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  for (const track of canvas.captureStream(20).getTracks())
    connection.addTransceiver(track, {direction: "sendonly"});
  await connection.setLocalDescription(await connection.createOffer());
  return connection.localDescription.sdp;
}"""
ANSWER = "sdp => connection.setRemoteDescription({type: 'answer', sdp})"
CANDIDATE = "candidate => connection.addIceCandidate({candidate, sdpMLineIndex: 0})"


def is_udp(line: str) -> bool:
    return line.startswith("a=candidate:") and " udp " in line


async def test_tcp_until_there_is_udp(browser: Browser) -> None:
    """Chromium dials the passive candidate; its media comes in by both ways, one session."""
    async with rtcpeers.running(core="auto") as setup:
        page = await browser.new_page()
        offer = parse_offer(await page.evaluate(OFFER))
        decided = negotiate(offer)
        heard = rtcpeers.Heard()
        peer = setup.endpoint.open(offer, decided.setup, heard)
        answer = render(offer, decided, setup.endpoint.local_side(peer)).split("\r\n")

        await page.evaluate(ANSWER, "\r\n".join(line for line in answer if not is_udp(line)))
        await until(lambda: len(heard.rtp) > 10)
        assert peer.is_over_tcp

        (first, *_) = filter(is_udp, answer)
        await page.evaluate(CANDIDATE, first.removeprefix("a="))
        await until(lambda: not peer.is_over_tcp)
        before = len(heard.rtp)
        await until(lambda: len(heard.rtp) > before + 10)

        assert (heard.connected, heard.closed) == (1, [])
        await page.close()
