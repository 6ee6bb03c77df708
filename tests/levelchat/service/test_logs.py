"""Laws of levelchat.service.logs."""

import json
import subprocess
import sys


def test_a_json_log_is_one_object_a_line_without_secrets() -> None:
    """Each event is one JSON object with level and time, its secrets redacted."""
    program = (
        "import structlog; from levelchat.service import logs; logs.configure('json');"
        "structlog.get_logger().info('session started', room='r_a', token='abc')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    event = json.loads(done.stderr)

    assert (event["event"], event["room"], event["level"]) == ("session started", "r_a", "info")
    assert "abc" not in done.stderr
    assert event["timestamp"].endswith("Z")


def test_what_libraries_log_holds_no_secrets() -> None:
    """A warning of another package passes the same filter."""
    program = (
        "import logging; from levelchat.service import logs; logs.configure('json');"
        "logging.getLogger('aiohttp').warning('GET %s', '/v1/signal?token=abc.def')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "GET /v1/signal?token=" in done.stderr
    assert "abc" not in done.stderr
