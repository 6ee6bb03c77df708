"""The `levelchat` command."""


def main() -> None: ...
