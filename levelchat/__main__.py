"""`python -m levelchat` is the `levelchat` command."""

from levelchat.cli import main

main()
