"""The one thing done to a stream by hand: units that no decoder needs are left out, so that no bits are charged for
them."""

from __future__ import annotations

import re
from collections.abc import Callable

_START = re.compile(rb"(?=\x00\x00\x00\x01|(?<!\x00)\x00\x00\x01)")


def without_settings(packet: bytes) -> bytes:
    """An H.264 packet (annex B) without its user data: x264 spells out its settings in front of every stream."""
    return _without(packet, lambda unit: unit[0] & 31 == 6 and unit[1] == 5)  # Rec. ITU-T H.264, tables 7-1 and D.1


def without_delimiters(packet: bytes) -> bytes:
    """An H.266 packet (annex B) without access unit delimiters: packets are framed by us."""
    return _without(packet, lambda unit: unit[1] >> 3 == 20)  # Rec. ITU-T H.266, table 5


def _without(packet: bytes, is_needless: Callable[[bytes], bool]) -> bytes:
    """The packet without those NAL units whose first two bytes say so."""
    kept = []
    for nal in _START.split(packet):
        unit = nal.lstrip(b"\x00")[1:]  # behind its start code
        if not (unit and is_needless(unit[:2])):
            kept.append(nal)
    return b"".join(kept)
