"""httpx, loaded when it is first needed and without what the terminal does not need of it.

It costs a tenth of a second, which the first paint must not wait for, and it brings a command line of its own with
syntax highlighting along, and certificates also where nobody encrypts: five megabytes of a terminal's memory.
"""

import sys
from types import ModuleType
from typing import Final

COMMAND_LINE: Final = "httpx._main"


def load_httpx() -> ModuleType:
    """The module `httpx`; its command line is left out, as on a machine where that is not installed."""
    without = "httpx" not in sys.modules and COMMAND_LINE not in sys.modules
    if without:
        sys.modules[COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        import httpx
    finally:
        if without:
            sys.modules.pop(COMMAND_LINE, None)
    return httpx
