"""Room tokens and capabilities: mint them, verify them offline (`rooms.md` §5)."""
