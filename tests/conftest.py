"""What holds for all tests."""

from hypothesis import settings

# Time limits belong to whole tests (pytest-timeout): a busy processor is no counterexample.
settings.register_profile("levelchat", deadline=None)
settings.load_profile("levelchat")
