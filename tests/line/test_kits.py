"""Kits that outlive a line: one for each lane, and the same ones for the next line."""

from __future__ import annotations

from ahc_stream.line.kits import Kits


def test_each_lane_has_a_kit_of_its_own_and_the_next_line_has_them_again() -> None:
    kits = Kits()
    lines = []
    for lanes in (2, 3):
        lines.append([kits.take("codec") for _ in range(lanes)])
        kits.all_back()
    first, second = lines
    assert len({id(kit) for kit in second}) == 3
    assert all(one is other for one, other in zip(first, second, strict=False))


def test_a_kit_is_of_one_stage() -> None:
    kits = Kits()
    kits.take("codec")["network"] = 1
    assert kits.take("measure") == {} and kits.take("codec") == {}
    kits.all_back()
    assert kits.take("codec") == {"network": 1}
