"""A real NATS server with JetStream."""

from pathlib import Path

from natsserver import NatsServer


class JetStreamServer(NatsServer):
    """What it stores lies in *folder*."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._arguments = ["--jetstream", "--store_dir", str(folder)]
