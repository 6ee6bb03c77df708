"""The contract of rooms on the wire (rooms.md §4, §6): shapes that server and clients share."""
