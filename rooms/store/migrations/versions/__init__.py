"""The revisions, first to last: `revision` is a number of four digits."""
