"""The notebook that a lab runs in: its names, and what was typed last."""

from __future__ import annotations

import sys
from typing import Any


def namespace() -> dict[str, Any]:
    """The notebook's own names; outside a notebook those of the main module."""
    shell = _shell()
    if shell is not None:
        return shell.user_ns
    return vars(sys.modules["__main__"])


def cells(count: int = 5) -> list[str]:
    """The sources of the cells run last, oldest first."""
    shell = _shell()
    history = list(shell.user_ns.get("In", [])) if shell is not None else []
    return [source for source in history if source][-count:]


def _shell() -> Any:
    """IPython's shell, when this runs inside one."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()
