"""Objects that tables name by text, so that importing a table loads none of the code that it tells of."""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from typing import Any


def load(text: str) -> Any:
    """The object that "package.module:name" names, such as "ahc_stream.metrics.hvs:PSNR_HVS" or "my_code:Class.Inner";
    without a colon, the module. Raises ImportError and AttributeError for what is not there."""
    module, _, names = text.partition(":")
    return reduce(getattr, filter(None, names.split(".")), import_module(module))
