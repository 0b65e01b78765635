"""How much memory this process may have, and a GPU has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says what a container may have, in its newer and its older way."""


def machine_memory() -> int:
    """Bytes of the machine's memory, or those that its container is held to."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(physical, *filter(None, map(_limit, LIMITS)), physical)


def device_memory(device: torch.device) -> int:
    """Bytes of a GPU's memory, whoever uses them."""
    import torch

    _, total = torch.cuda.mem_get_info(device)
    return total


def _limit(path: Path) -> int | None:
    """None where there is no such file, or no limit in it ("max")."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
