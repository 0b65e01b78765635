"""Modules of ultralytics, imported so that it looks up no host, installs nothing and writes inside our root only."""

from __future__ import annotations

import os
import threading
from importlib import import_module
from typing import Any

from ahc_stream.core.errors import MissingExtra

_importing = threading.Lock()  # of two lanes at once, the second would take the replacements for the host's functions


def load(module: str, extra: str) -> Any:
    """The module `ultralytics.<module>`. Raises MissingExtra, naming our `extra`, where it or what it needs is absent."""
    from ahc_stream.store import home

    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    os.environ.setdefault("YOLO_CONFIG_DIR", str(home() / "ultralytics"))
    import torch
    from PIL import Image

    with _importing:
        before = Image.open, torch.save  # ultralytics replaces both for the whole process: ours and the host's stay
        try:
            return import_module(f"ultralytics.{module}")
        except ModuleNotFoundError as error:
            raise MissingExtra.of(str(error.name), extra) from error
        finally:
            Image.open, torch.save = before
