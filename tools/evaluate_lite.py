"""Measures the lite codecs through real bitstreams and prints the tables of their model card as Markdown.

    python tools/evaluate_lite.py stills mbt2018-mean-lite --home HOME
    python tools/evaluate_lite.py video ssf2020-lite --home HOME --clip bikes.mp4

Rates are payload bits over true pixels, PSNR is of RGB after rounding to 8 bits, both as means over images or frames.
"Estimated" is the entropy model's own figure for what was coded. BD-rate interpolates log rate over PSNR with PCHIP.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.interpolate import PchipInterpolator

from ahc_stream import codecs
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import roundtrip

JPEG = "jpeg@5,10,15,20,30,40,50,60,70,80,90:subsampling=420"
VIDEO = ("h264@23,28,33,38,43:gop=12", "h265@23,28,33,38,43:gop=12")


@dataclass(frozen=True)
class Frames:
    """One operating point, per frame: type, bits per pixel (payload, container, estimated; nan: none), PSNR in dB."""

    name: str
    types: tuple[str, ...]
    payload: np.ndarray
    container: np.ndarray
    estimated: np.ndarray
    psnr: np.ndarray

    def of(self, kind: str) -> tuple[float, float]:
        """Mean payload rate and PSNR of the frames of one type."""
        chosen = np.array(self.types) == kind
        return self.payload[chosen].mean(), self.psnr[chosen].mean()


def measure(codec: OperatingPoint, clips: Sequence[Clip]) -> Frames:
    coder = codecs.make(codec, torch.device("cpu"))
    types, columns = [], []
    for clip in clips:
        trip = roundtrip(coder, clip)
        pixels = clip.height * clip.width
        error = (trip.decoded.frames.double() - clip.frames.double()).square().mean((1, 2, 3)).numpy()
        estimated = np.array([np.nan if bits is None else bits for bits in trip.estimated_bits])
        rates = [np.array(trip.payload_bits), np.array(trip.container_bits), estimated]
        columns.append([*(bits / pixels for bits in rates), 10 * np.log10(255**2 / error)])
        types += trip.frame_types
    name = f"{codec.codec}@{codec.quality:g}"
    return Frames(name, tuple(types), *(np.concatenate(parts) for parts in zip(*columns, strict=True)))


def bd_rate(anchor: Sequence[Frames], test: Sequence[Frames]) -> float:
    """Mean difference of rate in percent at equal PSNR over the shared range; negative: `test` needs less."""
    curves = [sorted((f.psnr.mean(), np.log(f.payload.mean())) for f in frames) for frames in (anchor, test)]
    low, high = max(c[0][0] for c in curves), min(c[-1][0] for c in curves)
    if low >= high:
        raise SystemExit(f"the curves share no range of PSNR: {low:.2f} to {high:.2f} dB")
    areas = [PchipInterpolator(*np.array(curve).T).integrate(low, high) for curve in curves]
    return 100 * (np.exp((areas[1] - areas[0]) / (high - low)) - 1)


def still_table(points: Sequence[Frames]) -> str:
    lines = ["| point | payload bpp | container bpp | estimated bpp | PSNR dB |", "|---|---|---|---|---|"]
    for p in points:
        estimated = p.estimated.mean()
        shown = "" if np.isnan(estimated) else f"{estimated:.4f} ({100 * (estimated / p.payload.mean() - 1):+.2f} %)"
        lines.append(
            f"| {p.name} | {p.payload.mean():.4f} | {p.container.mean():.4f} | {shown} | {p.psnr.mean():.3f} |"
        )
    return "\n".join(lines)


def frame_table(points: Sequence[Frames]) -> str:
    lines = ["| point | I bpp | I dB | P bpp | P dB | P/I bits |", "|---|---|---|---|---|---|"]
    for p in points:
        intra, inter = p.of("I"), p.of("P")
        cells = f"{intra[0]:.4f} | {intra[1]:.2f} | {inter[0]:.4f} | {inter[1]:.2f} | {inter[0] / intra[0]:.2f}"
        lines.append(f"| {p.name} | {cells} |")
    return "\n".join(lines)


def stills(folder: Path) -> list[Clip]:
    return [_clip(np.asarray(Image.open(file).convert("RGB"))[None]) for file in sorted(folder.glob("*.png"))]


def video(path: Path, frames: int) -> Clip:
    import av

    with av.open(path) as container:
        decoded = zip(container.decode(video=0), range(frames), strict=False)
        return _clip(np.stack([frame.to_ndarray(format="rgb24") for frame, _ in decoded]), consecutive=True)


def _clip(frames: np.ndarray, consecutive: bool = False) -> Clip:
    keys = tuple(FrameKey("lite", "", index) for index in range(len(frames)))
    pixels = torch.from_numpy(frames.copy()).permute(0, 3, 1, 2).contiguous()
    return Clip(pixels, keys, torch.arange(len(frames), dtype=torch.float64) / 25, consecutive)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("stills", "video"))
    parser.add_argument("codec", help="mbt2018-mean-lite, or with qualities: mbt2018-mean-lite@1,2")
    parser.add_argument("--home", type=Path, required=True, help="laid out as AHC_STREAM_HOME is")
    parser.add_argument("--clip", default="bikes.mp4", help="of HOME/clips")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--limit", type=int, help="the first images only")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "stills":
        clips, anchors = stills(options.home / "datasets/kodak")[: options.limit], (JPEG,)
    else:
        clips, anchors = [video(options.home / "clips" / options.clip, options.frames)], VIDEO
    lite = [measure(point, clips) for point in codecs.parse(options.codec)]
    print(still_table(lite))
    if options.what == "video":
        print(f"\n{frame_table(lite)}")
    for anchor in anchors:
        others = [measure(point, clips) for point in codecs.parse(anchor)]
        print(f"\n{still_table(others)}")
        if len(lite) > 1:
            print(f"\nBD-rate of {options.codec} against {anchor}: {bd_rate(others, lite):+.1f} %")


if __name__ == "__main__":
    main()
