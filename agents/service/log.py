"""The log of the service: one JSON object a line, ours and the server's alike."""

import logging
import warnings
from typing import Any, TextIO

import structlog
from pydantic.warnings import UnsupportedFieldAttributeWarning


def log_to(stream: TextIO, *, level: int = logging.INFO) -> None:
    """Send all logs of this process to `stream`. Replaces what was set before."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.add_logger_name, *shared,
                    structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )  # fmt: skip
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)  # a line of plain text among the objects is what a collector of logs chokes on
    # Our shapes are built when they are first used, where FastAPI no longer keeps this one back.
    warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
    for name in ("strop", "uvicorn.error"):
        logging.getLogger(name).setLevel(level)
