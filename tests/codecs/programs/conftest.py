"""Shared by the tests of this folder."""

from tests.codecs.programs.programs import toml

__all__ = ["toml"]
