/** Numbers as people read them. */

const MISSING = "–";

/** 1_840 → "1.84 s". */
export function seconds(ms: number | null, digits = 2): string {
  return ms === null ? MISSING : `${(ms / 1000).toFixed(digits)} s`;
}

/** 2_100_000 → "2.1 Mbit/s". */
export function bitrate(bitsPerSecond: number | null): string {
  if (bitsPerSecond === null) {
    return MISSING;
  }
  return bitsPerSecond >= 1e6
    ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
    : `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}

/** A whole number with thin spaces between thousands; a dash when there is none. */
export function count(value: number | null): string {
  return value === null ? MISSING : String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function milliseconds(ms: number | null): string {
  return ms === null ? MISSING : `${Math.round(ms)} ms`;
}

export function rate(value: number): string {
  return `${value.toFixed(2)}×`;
}

/** 3_725_000 → "1:02:05". */
export function clock(ms: number): string {
  const whole = Math.floor(ms / 1000);
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}
