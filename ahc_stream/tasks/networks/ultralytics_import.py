"""Modules of ultralytics, imported so that it looks up no host, installs nothing and writes inside our root only."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from ahc_stream.core.errors import MissingExtra

_importing = threading.Lock()

REPLACED = ("open", "save")
"""`PIL.Image.open` and `torch.save`, which ultralytics replaces for the whole process when it is imported."""


def load(module: str, extra: str) -> Any:
    """The module `ultralytics.<module>`. Raises MissingExtra, naming our `extra`, where it or what it needs is absent.

    Any number of lanes may call it at once, while others open pictures: Pillow's and torch's functions stay,
    and so does the number of threads that lanes begin with.
    """
    from ahc_stream.store import home

    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    os.environ.setdefault("YOLO_CONFIG_DIR", str(home() / "ultralytics"))
    import torch
    from PIL import Image

    with _importing, _guarded(torch), _guarded(Image), _named_threads(torch.get_num_threads()):
        try:
            return import_module(f"ultralytics.{module}")
        except ModuleNotFoundError as error:
            raise MissingExtra.of(str(error.name), extra) from error


@contextmanager
def _named_threads(count: int) -> Iterator[None]:
    """Within it, the environment names a number of threads. Where it does not, ultralytics names 1 for good, and every
    thread that torch first computes in from then on has no more."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = before or str(count)
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


class _Guarded(ModuleType):
    """A module that keeps its functions of REPLACED, whoever assigns others."""

    def __setattr__(self, name: str, value: object) -> None:
        if name not in REPLACED:
            super().__setattr__(name, value)


@contextmanager
def _guarded(module: ModuleType) -> Iterator[None]:
    """Guards the module for as long as the block runs. The class of a module may be set, for purposes like this one."""
    before = module.__class__
    module.__class__ = _Guarded
    try:
        yield
    finally:
        module.__class__ = before
