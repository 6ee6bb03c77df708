"""The tree of nodes: who pulls what from whom, and what happens when one of them goes."""
