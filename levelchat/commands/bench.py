"""`levelchat bench …`: the benchmarks of `bench/`, found by name."""

from levelchat.cli import LazyGroup

command = LazyGroup(
    modules={
        "latency": "bench.latency",
        "pipeline": "bench.pipeline",
        "sync": "bench.av_sync",
        "edge": "bench.edge_wake",
        "rtp": "bench.rtp_receive",
        "garbage": "bench.udp_garbage",
        "rooms": "bench.rooms",
        "stage": "bench.stage",
    },
    name="bench",
    help="Measure this machine: prints numbers with their spread.",
    no_args_is_help=True,
)
