"""The log of a shared program: one JSON object a line, never pictures, recipes or names of files.

Nothing is written until `keep_events` says where to; sessions stand in it under an alias.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType

_log = logging.getLogger("explorer.events")
_log.propagate = False
_log.addHandler(logging.NullHandler())
_log.setLevel(logging.INFO)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": time, "event": record.msg, **record.facts})


def keep_events(path: Path | None) -> None:
    """Write events to the end of a file, or to stderr; raises OSError if the file cannot be
    written. A file that is moved away is begun anew."""
    if path:
        path.touch(0o600)  # it tells who was there
    to_file = path and WatchedFileHandler(path, encoding="utf-8")
    handler = to_file or logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for old in _log.handlers[:]:
        _log.removeHandler(old)
    _log.addHandler(handler)


def tell(event: str, **facts: object) -> None:
    """One line, if a log is kept."""
    _log.info(event, extra={"facts": facts})


def places(trace: TracebackType | None, most: int = 5) -> list[str]:
    """The innermost places of an error, as "file:line": where, without the values."""
    found = []
    while trace:
        found.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found[-most:]
