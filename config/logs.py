"""Structured logs: one JSON object per line, or readable text while DEBUG is on."""

import logging.config
import sys
import threading
from types import TracebackType

import structlog


def logging_config(*, as_json: bool) -> None:
    """Send the logs of the application and its libraries to standard error, in one format.

    structlog writes the application's lines directly, which is faster than the standard library.
    With JSON, Python's warnings and uncaught exceptions of processes and threads become lines, too.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[structlog.types.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # The default formatter shows local variables, which may be secrets.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [structlog.stdlib.add_logger_name, *shared],
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *rendering,
                    ],
                }
            },
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "structured"},
            },
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                # config.trace logs each request, without its path.
                "django.server": {"level": "ERROR", "handlers": [], "propagate": False},
                "django.request": {"level": "CRITICAL"},
                # Its lines name hosts that callers chose, with addresses of this network.
                "requests_hardened.ip_filter": {"level": "ERROR"},
            },
        }
    )
    if as_json:
        logging.captureWarnings(True)
        sys.excepthook = _log_uncaught
        threading.excepthook = lambda found: _log_uncaught(
            found.exc_type, found.exc_value, found.exc_traceback
        )


def _log_uncaught(
    kind: type[BaseException],
    exception: BaseException | None,
    traceback: TracebackType | None,
) -> None:
    """Log an exception that ends a process or a thread, except Ctrl-C."""
    if exception and not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().critical("uncaught_exception", exc_info=(kind, exception, traceback))
