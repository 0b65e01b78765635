"""Both orders visit every position once, after all that it sees; the wavefront in as few steps as its picture says."""

from __future__ import annotations

import pytest

from ahc_stream.codecs.learned.wavefront import ORDERS, REACH, raster, sequence, wavefront

SIZES = [(1, 1), (1, 7), (7, 1), (4, 4), (3, 20), (32, 48)]


def seen_from(h: int, w: int, width: int) -> set[tuple[int, int]]:
    """What the masked 5 x 5 context covers, within the latent."""
    above = {(h - dh, w + dw) for dh in (1, REACH) for dw in range(-REACH, REACH + 1)}
    left = {(h, w - dw) for dw in range(1, REACH + 1)}
    return {(i, j) for i, j in above | left if i >= 0 and 0 <= j < width}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", SIZES)
def test_a_position_comes_after_all_that_it_sees(order, size):
    width, known = size[1], set()
    for group in ORDERS[order](*size):
        before_group = set(known)
        for step in group:
            here = {divmod(position, width) for position in step.tolist()}
            for h, w in here:
                seen = seen_from(h, w, width)
                assert seen <= known
                assert {place for place in seen if place[0] < h} <= before_group
            assert not here & known
            known |= here
    assert len(known) == size[0] * width


@pytest.mark.parametrize("size", SIZES)
def test_the_wavefront_order_takes_w_plus_three_steps_for_each_further_row(size):
    height, width = size
    steps = sum(len(group) for group in wavefront(height, width))
    # a latent narrower than 3 has wavefronts that no position belongs to; they are no steps
    assert steps == (width + 3 * (height - 1) if width >= 3 else height * width)
    assert sum(len(group) for group in raster(height, width)) == height * width


def test_the_sequence_is_that_of_the_steps():
    assert sequence("raster", 2, 3).tolist() == [0, 1, 2, 3, 4, 5]
    assert sequence("wave", 2, 5).tolist() == [0, 1, 2, 3, 5, 4, 6, 7, 8, 9]
