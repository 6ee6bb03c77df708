"""Structured logs: one event a line, JSON for machines, colours for a terminal.

Grammar of events: `<` in, `>` out, `-` note, `x` drop are left to the words; ids are key-value
pairs (`room`, `session`, `peer`), never part of the sentence.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from levelchat.service import redact


def configure(style: str) -> None:
    """Sends every log line to standard error as *style* says: `json`, `console` or `auto`."""
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacted,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Formatter(logging.BASIC_FORMAT))


class _Formatter(logging.Formatter):
    """What libraries log holds no secrets either."""

    def format(self, record: logging.LogRecord) -> str:
        return redact.text(super().format(record))


def _redacted(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    hidden: MutableMapping[str, Any] = redact.redact(dict(event))
    return hidden
