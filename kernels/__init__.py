"""Compiled loops. They import torch, triton, numpy and the standard library, and never ahc_stream.

Installed as `ahc_stream.kernels`.
"""

from ._native import symbol_checksum

__all__ = ["symbol_checksum"]
