"""Compiled loops. They import torch, triton, numpy and the standard library, and never ahc_stream.

Installed as `ahc_stream.kernels`.
"""
