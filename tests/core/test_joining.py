"""Blocks of frames as one."""

from __future__ import annotations

import torch

from ahc_stream.core.joining import join_frames


def drawn(count: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 5, 7), dtype=torch.uint8)


def test_blocks_become_one_in_their_order():
    blocks = [drawn(2), drawn(1), drawn(3)]
    joined = join_frames(blocks)
    assert torch.equal(joined, torch.cat(blocks)) and joined.is_contiguous()


def test_the_copy_shares_no_memory_with_the_blocks():
    blocks = [drawn(1), drawn(1)]
    before = blocks[0].clone()
    join_frames(blocks).zero_()
    assert torch.equal(blocks[0], before)


def test_a_single_block_is_given_back_as_it_is():
    block = drawn(2)
    assert join_frames([block]) is block


def test_slices_and_inference_tensors_are_joined():
    with torch.inference_mode():
        block = drawn(6)
        assert torch.equal(join_frames([block[1:3], block[4:]]), block[[1, 2, 4, 5]])
