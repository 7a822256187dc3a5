"""The logger `dosai`: a line for each attempt and each end of a call. Used only if the program has loaded logging."""

from __future__ import annotations

import sys

from . import _ffi
from ._raised import keeping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DEBUG, _INFO = 10, 20  # of the module logging


def set_log(fields: Any) -> None:
    """Sets the log of a client, if somebody listens."""
    logging = sys.modules.get("logging")
    logger = logging.getLogger("dosai") if logging else None
    if logger is None or not logger.isEnabledFor(_INFO):
        return

    def write(level: int, line: int, length: int, _: Any) -> None:
        from ctypes import string_at

        # What fails is raised, too, so nothing is a warning.
        own_level = _INFO if level <= _ffi.LOG_WARNING else _DEBUG
        logger.log(own_level, "%s", string_at(line, length).decode("utf-8", "replace"))

    fields.log_level = _ffi.LOG_DEBUG if logger.isEnabledFor(_DEBUG) else _ffi.LOG_WARNING
    fields.on_log = _ffi.dosai_log_fn(keeping(write))
