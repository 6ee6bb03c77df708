"""Signalling: one WebSocket a participant (rooms.md §6)."""
