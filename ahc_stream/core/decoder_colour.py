"""RGB of what a GPU's video decoder hands out. It is apart from `core.colour`, for it takes tensors and needs torch."""

from __future__ import annotations

from torch import Tensor

from ahc_stream.core.colour import Colour


def samples_to_planes(samples: Tensor, colour: Colour) -> Tensor:
    """uint8 [N, 3, H, W] RGB, full range, of float32 [N, H, W, 3] 8-bit Y'CbCr on a GPU.

    samples:  4:2:0 of even sides whose chroma was interpolated about centres, whatever the siting of the stream.
    colour:   of the stream. The result has the bits of `core.colour.frame_to_planes` of the same stream.
    """
    from ahc_stream.kernels.colour_cuda import to_rgb  # Triton compiles what it imports: only where there is a GPU

    return to_rgb(samples, colour.matrix, colour.full_range, colour.siting == "center")
