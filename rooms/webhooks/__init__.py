"""Webhooks: what is owed to whom, signed, retried, never lost (rooms.md §8)."""
