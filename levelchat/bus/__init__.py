"""The bus: what nodes and API replicas tell each other, in one process or over NATS."""
