"""Pure media values: time, codecs, frames, renditions, parts, and the messages that carry them."""
