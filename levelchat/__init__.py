"""The kernel: the vocabulary every plane shares, and nothing that a single plane owns."""

__version__ = "0.1.0"
