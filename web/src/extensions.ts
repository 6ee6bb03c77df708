/**
 * RTP header extensions that browsers know but offer only when asked.
 *
 * Comes in: a transceiver before its offer. Goes out: nothing; a browser that cannot be asked offers
 * what it likes.
 */

/** Absolute capture time: delay and lip sync are measured with it. */
export const CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
/** How loud a packet of sound is. */
export const AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/** Which frames need which others: whoever forwards can leave layers out. */
export const DEPENDENCY =
  "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/** How streams of one connection are told apart; without it there is no bundle. */
const MID = "urn:ietf:params:rtp-hdrext:sdes:mid";

interface Extension {
  uri: string;
  direction: RTCRtpTransceiverDirection;
}

/** Not in every browser, nor in TypeScript's own types. */
interface ExtensibleTransceiver extends RTCRtpTransceiver {
  getHeaderExtensionsToNegotiate?(): Extension[];
  setHeaderExtensionsToNegotiate?(extensions: Extension[]): void;
}

/** Offers *uris* and nothing else that can be left out. */
export function negotiateOnly(transceiver: ExtensibleTransceiver, uris: readonly string[]): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  for (const extension of extensions) {
    if (extension.uri !== MID) {
      extension.direction = uris.includes(extension.uri) ? "sendrecv" : "stopped";
    }
  }
  if (extensions.length) {
    transceiver.setHeaderExtensionsToNegotiate?.(extensions);
  }
}

/** Offers *uris* too, as far as the browser knows them. */
export function negotiate(transceiver: ExtensibleTransceiver, uris: readonly string[]): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  const wanted = extensions.filter(({ uri }) => uris.includes(uri));
  for (const extension of wanted) {
    extension.direction = "sendrecv";
  }
  if (wanted.length) {
    transceiver.setHeaderExtensionsToNegotiate?.(extensions);
  }
}
