"""Structured logs: one JSON object per line, or readable text while DEBUG is on."""

import logging.config
import sys

import structlog


def logging_config(*, as_json: bool) -> None:
    """Send the logs of the application and its libraries to standard error, in one format.

    structlog writes the application's lines directly, which is faster than the standard library;
    the libraries' lines pass through that.
    """
    known: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    form: list[structlog.types.Processor] = (
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
        processors=[*known, *form],
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
                    "foreign_pre_chain": [structlog.stdlib.add_logger_name, *known],
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *form,
                    ],
                }
            },
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "structured"},
            },
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                # config.trace logs each request already, and without its path.
                "django.server": {"level": "ERROR", "handlers": [], "propagate": False},
                "django.request": {"level": "CRITICAL"},
                # Callers choose the hosts that it names, with the addresses of this network.
                "requests_hardened.ip_filter": {"level": "ERROR"},
            },
        }
    )
