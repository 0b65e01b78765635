"""Trains the lite codecs that ship in `ahc_stream/lite`: CompressAI's architectures, narrow, on a CPU or a GPU.

    python tools/train_lite.py mbt2018-mean 2 --home HOME --steps 12000
    python tools/train_lite.py mbt2018-mean 1 --home HOME --steps 5000 --start runs/lite/mbt2018-mean-lite-2.pt

HOME is laid out as AHC_STREAM_HOME is. Training reads BSDS500's train and val pictures, the ImageNet sample, COCO
train2017 and, for motion, two short clips. It never reads what measures: Kodak, BSDS500's test set, the embedded
sample, MOT17, and the clips that ssf2020-lite is judged on, bikes and carphone.

The loss is the papers' (Balle 2018, Agustsson 2020): lambda 255^2 MSE + bits per pixel, with uniform noise for the
rounding; the medians and tails of the factorised priors have their own loss and optimiser. Adam, a warm-up, a cosine.
A run that is stopped goes on where it was when called again; its log and checkpoint lie under --work.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lite_first_weights
import numpy as np
import torch
import torch.nn.functional as F
from compressai.entropy_models import EntropyBottleneck, GaussianConditional
from compressai.models import Cheng2020Anchor, CompressionModel, MeanScaleHyperprior
from compressai.models.base import get_scale_table
from compressai.models.video import ScaleSpaceFlow
from PIL import Image
from torch import Tensor, nn

from ahc_stream.codecs.learned.flow_networks import FlowWidths, scale_space_flow

LAMBDAS = {
    "mbt2018-mean": (0.0015, 0.0035, 0.0075),
    "cheng2020-anchor": (0.0015, 0.0035, 0.0075),
    "ssf2020": (0.0025, 0.0075),
}
"""Codec -> lambda of qualities 1, 2 ..."""

PICTURES = ("datasets/BSDS500/data/images/train", "datasets/imagenet-sample", "datasets/coco/train2017")
CLIPS = ("clips/flipping_a_pancake.mkv", "clips/action_demo.mp4")
LARGEST_SCALES = {"mbt2018-mean": 64.0, "cheng2020-anchor": 64.0, "ssf2020": 48.0}
"""Of the Gaussian tables. The zoo's go to 256, which fills 0.8 MB a table; these take 0.2 MB. ssf2020 has three."""


def narrow_model(codec: str) -> CompressionModel:
    if codec == "mbt2018-mean":
        return MeanScaleHyperprior(48, 80)
    if codec == "cheng2020-anchor":
        return Cheng2020Anchor(32)
    return scale_space_flow(FlowWidths(image=(48, 40), motion=(32, 24), residual=(40, 32)))


# --- what it learns from ---


@dataclass(frozen=True)
class Material:
    """pictures: uint8 [H, W, 3] each. clips: uint8 [N, H, W, 3] each, consecutive frames."""

    pictures: list[np.ndarray]
    clips: list[np.ndarray]


def read_material(home: Path, smallest: int, with_clips: bool) -> Material:
    """Every picture at scales 1, 3/4 and 1/2, as far as `smallest` pixels fit in: smaller ones have fewer JPEG traces.
    For video, whose hyperprior sees one position per 128 pixels and must learn what is inside and not only the border,
    crops are larger than many pictures: a picture that is too small goes on in its mirror image."""
    files = [file for folder in PICTURES for file in sorted((home / folder).glob("*.[jJ][pP]*"))]
    pictures = [scaled for file in files for scaled in _scales(Image.open(file).convert("RGB"), smallest)]
    if with_clips:
        whole = (np.asarray(Image.open(file).convert("RGB")) for file in files)
        pictures += [_mirrored(picture, smallest) for picture in whole if min(picture.shape[:2]) < smallest]
    return Material(pictures, [_read_clip(home / name, smallest) for name in CLIPS] if with_clips else [])


def _scales(picture: Image.Image, smallest: int) -> Iterator[np.ndarray]:
    for scale in (1.0, 0.75, 0.5):
        size = round(picture.width * scale), round(picture.height * scale)
        if min(size) >= smallest:
            yield np.asarray(picture.resize(size, Image.Resampling.LANCZOS))


def _mirrored(picture: np.ndarray, smallest: int) -> np.ndarray:
    """uint8 [H, W, 3] with sides of at least `smallest`, continued below and to the right by reflection."""
    lacking = [(0, max(0, smallest - side)) for side in picture.shape[:2]]
    return np.pad(picture, (*lacking, (0, 0)), mode="symmetric")


def _read_clip(path: Path, smallest: int) -> np.ndarray:
    """All frames, enlarged where their shorter side is less than `smallest` pixels."""
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        scale = max(1.0, smallest / min(stream.width, stream.height))
        size = {"width": round(stream.width * scale), "height": round(stream.height * scale)}
        return np.stack([frame.to_ndarray(format="rgb24", **size) for frame in container.decode(video=0)])


def crop(frames: np.ndarray, size: int) -> Tensor:
    """[N, H, W, 3] uint8 -> float [N, 3, size, size] in 0..1, from a random place, mirrored half of the time."""
    top, left = (random.randint(0, side - size) for side in frames.shape[1:3])
    part = np.ascontiguousarray(frames[:, top : top + size, left : left + size])
    pixels = torch.from_numpy(part).permute(0, 3, 1, 2).float() / 255
    return pixels.flip(-1) if random.random() < 0.5 else pixels


def still_batch(material: Material, batch: int, size: int) -> list[Tensor]:
    """One "frame": [batch, 3, size, size]."""
    crops = [crop(random.choice(material.pictures)[None], size) for _ in range(batch)]
    return [
        torch.cat(crops).contiguous()
    ]  # channels last, as they are cut, corrupts memory in torch 2.15 (see docs/log.md)


def video_batch(material: Material, batch: int, size: int, frames: int, real_share: float) -> list[Tensor]:
    """`frames` tensors [batch, 3, size, size]: moved pictures, and a share of real clips."""
    makers = random.choices((moved_picture, real_clip), weights=(1 - real_share, real_share), k=batch)
    return list(torch.stack([padded(maker(material, size, frames)) for maker in makers], dim=1))


def padded(clip: Tensor) -> Tensor:
    """The clip, one time in four with black margins, as the codec pads frames to multiples of 128."""
    if random.random() < 0.25:
        top, left = (random.randint(0, side // 4) for side in clip.shape[-2:])
        inside = torch.zeros_like(clip)
        inside[..., top : clip.shape[-2] - top, left : clip.shape[-1] - left] = 1
        clip = clip * inside
    return clip


def real_clip(material: Material, size: int, frames: int) -> Tensor:
    """[frames, 3, size, size] of one of the clips, every or every other frame."""
    clip = random.choice(material.clips)
    step = random.choice((1, 1, 2))
    first = random.randint(0, len(clip) - 1 - step * (frames - 1))
    return crop(clip[first : first + step * frames : step], size)


def moved_picture(material: Material, size: int, frames: int) -> Tensor:
    """A picture under a camera path and a smooth flow; before it, half of the time, an ellipse of another one.

    Drift, rotation, zoom and flow grow with time, so that every frame moves on from the one before.
    """
    background = _under_camera(crop(random.choice(material.pictures)[None], size), frames)
    if random.random() < 0.5:
        return background
    other = crop(random.choice(material.pictures)[None], size)
    drawn = _under_camera(torch.cat([other, _ellipse(size)], dim=1), frames)
    mask = drawn[:, 3:]
    return background * (1 - mask) + drawn[:, :3] * mask


def _under_camera(picture: Tensor, frames: int) -> Tensor:
    """[1, C, S, S] -> [frames, C, S, S]. Speeds per frame: 6 pixels, 0.02 rad, 2 %, flow of 2 pixels; squared draws."""
    size = picture.shape[-1]
    speed = random.random() ** 2
    angle, zoom = (speed * random.uniform(-0.02, 0.02) for _ in range(2))
    drift = torch.tensor([random.uniform(-1, 1), random.uniform(-1, 1)]) * speed * 12 / size
    coarse = torch.randn(1, 2, random.randint(2, 6), random.randint(2, 6)) * random.random() ** 2 * 4 / size
    flow = F.interpolate(coarse, (size, size), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    return torch.cat([_sampled(picture, t, angle, zoom, drift, flow) for t in range(frames)])


def _sampled(picture: Tensor, t: int, angle: float, zoom: float, drift: Tensor, flow: Tensor) -> Tensor:
    scale, turn = 0.95 * (1 + zoom) ** t, angle * t
    matrix = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) * scale
    affine = torch.cat([matrix, (drift * t)[:, None]], dim=1)[None]
    grid = F.affine_grid(affine, list(picture.shape), align_corners=False) + flow * t
    return F.grid_sample(picture, grid, mode="bicubic", padding_mode="reflection", align_corners=False).clamp(0, 1)


def _ellipse(size: int) -> Tensor:
    """[1, 1, size, size]: 1 inside, 0 outside, a soft edge of about three pixels."""
    axis = torch.linspace(-1, 1, size)
    centre, radius = torch.empty(2).uniform_(-0.4, 0.4), torch.empty(2).uniform_(0.2, 0.6)
    distance = ((axis[:, None] - centre[0]) / radius[0]) ** 2 + ((axis[None] - centre[1]) / radius[1]) ** 2
    return torch.sigmoid((1 - distance) * 0.15 * size)[None, None]


def first_pictures(material: Material, size: int) -> tuple[Tensor, Tensor]:
    """Pictures, and differences as small as those that motion compensation leaves: float [64, 3, size, size] each."""
    pictures = still_batch(material, 64, size)[0]
    return pictures, 0.3 * (pictures - pictures.roll((1, 1), (-1, -2)))


# --- what it minimises ---


@dataclass(frozen=True)
class Cost:
    """The loss, and per frame its bits per pixel and its MSE on the scale 0..1."""

    loss: Tensor
    bpp: list[float]
    mse: list[float]


def cost_of(model: CompressionModel, frames: list[Tensor], weight: float) -> Cost:
    """In a video P frames' errors count twice an I frame's: they are passed on, and narrow models drift."""
    decoded, likelihoods = _forward(model, frames)
    pixels = frames[0].numel() / 3
    bpp = [sum(-values.log2().sum() for values in each) / pixels for each in likelihoods]
    mse = [F.mse_loss(out, frame) for out, frame in zip(decoded, frames, strict=True)]
    weights = [weight] if len(frames) == 1 else [0.8 * weight, *[1.6 * weight] * (len(frames) - 1)]
    loss = sum(w * 255**2 * d + r for w, d, r in zip(weights, mse, bpp, strict=True)) / len(frames)
    return Cost(loss, [float(r.detach()) for r in bpp], [float(d.detach()) for d in mse])


def cost_of_priors(model: CompressionModel, frames: list[Tensor]) -> Cost:
    """Bits per pixel alone, of a video model's latents as its transforms make them now: only the hyperpriors learn.

    They see rounded latents, as the coder does, where training otherwise has noise: under noise a latent that is
    seldom rounded to one looks cheaper than it is, and scales come out too small.
    """
    latents: list[tuple[nn.Module, Tensor]] = []
    hyperpriors = [getattr(model, f"{part}_hyperprior") for part in ("img", "motion", "res")]
    hooks = [part.register_forward_pre_hook(lambda part, y: latents.append((part, y[0]))) for part in hyperpriors]
    with torch.no_grad():
        decoded = model(frames)["x_hat"]
    for hook in hooks:
        hook.remove()
    for part in hyperpriors:
        part.eval()
    pixels = frames[0].numel() / 3
    bits = [sum(-values.log2().sum() for values in part(y)[1].values()) / pixels for part, y in latents]
    bpp = [float(bits[0].detach())] + [float((m + r).detach()) for m, r in zip(bits[1::2], bits[2::2], strict=True)]
    mse = [float(F.mse_loss(out, frame)) for out, frame in zip(decoded, frames, strict=True)]
    return Cost(sum(bits) / len(frames), bpp, mse)


def auxiliary_loss(model: CompressionModel) -> Tensor:
    """How far the factorised priors' quantiles are from the median and the tails; ScaleSpaceFlow keeps one per part."""
    return sum(part.loss() for part in model.modules() if isinstance(part, EntropyBottleneck))


def _forward(model: CompressionModel, frames: list[Tensor]) -> tuple[list[Tensor], list[list[Tensor]]]:
    if isinstance(model, ScaleSpaceFlow):
        out = model(frames)
        return out["x_hat"], [[v for part in f.values() for v in part.values()] for f in out["likelihoods"]]
    out = model(frames[0])
    return [out["x_hat"]], [list(out["likelihoods"].values())]


# --- the loop ---


@dataclass
class Run:
    """A training run as it is saved: the model, both optimisers, steps done, seconds spent."""

    model: CompressionModel
    main: torch.optim.Optimizer
    auxiliary: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def new(cls, codec: str, device: torch.device) -> Run:
        model = narrow_model(codec).to(device)
        quantiles = {name for name, _ in model.named_parameters() if name.endswith(".quantiles")}
        named = list(model.named_parameters())
        main = torch.optim.Adam([value for name, value in named if name not in quantiles])
        return cls(model, main, torch.optim.Adam([value for name, value in named if name in quantiles], lr=1e-3))

    def save(self, path: Path) -> None:
        content = {"state_dict": self.model.state_dict(), "main": self.main.state_dict()}
        content |= {"auxiliary": self.auxiliary.state_dict(), "step": self.step, "seconds": self.seconds}
        partial = path.with_suffix(".part")
        torch.save(content, partial)
        partial.replace(path)

    def resume(self, path: Path) -> None:
        content = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(content["state_dict"])
        self.main.load_state_dict(content["main"])
        self.auxiliary.load_state_dict(content["auxiliary"])
        self.step, self.seconds = content["step"], content["seconds"]


def learning_rate(step: int, steps: int, peak: float) -> float:
    """A linear warm-up over 100 steps, then a cosine down to a fiftieth."""
    progress = min(1.0, step / steps)
    return peak * min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))


def one_step(run: Run, frames: list[Tensor], weight: float | None, rate: float) -> Cost:
    """One step of both optimisers; without a `weight` only the rate counts, and only the hyperpriors learn."""
    for group in run.main.param_groups:
        group["lr"] = rate
    run.main.zero_grad()
    run.auxiliary.zero_grad()
    cost = cost_of_priors(run.model, frames) if weight is None else cost_of(run.model, frames, weight)
    cost.loss.backward()
    nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.main.step()
    run.auxiliary.zero_grad()
    auxiliary_loss(run.model).backward()
    run.auxiliary.step()
    return cost


def train(options: argparse.Namespace) -> Run:
    device = torch.device(options.device)
    is_video = options.codec == "ssf2020"
    size = options.crop or (512 if is_video else 192)
    run = Run.new(options.codec, device)
    checkpoint = options.work / f"{options.codec}-lite-{options.quality}.pt"
    if checkpoint.is_file():
        run.resume(checkpoint)
    elif options.start:  # optimisers start anew
        run.model.load_state_dict(torch.load(options.start, map_location="cpu", weights_only=True)["state_dict"])
    material = read_material(options.home, size, is_video)
    weight = LAMBDAS[options.codec][options.quality - 1]
    if run.step == 0 and options.start:
        other = LAMBDAS[options.codec][int(options.start.stem.rsplit("-", 1)[1]) - 1]
        lite_first_weights.refine(run.model, (weight / other) ** 0.5)
    elif run.step == 0:
        lite_first_weights.start(run.model, *first_pictures(material, size), weight)
    pairs_until = 0 if options.start else 0.4 * options.steps  # two frames a clip at first, then four
    real_share = 1 / 2 if options.priors_only else 1 / 3  # hyperpriors are calibrated on motion as it is
    log = Log(checkpoint.with_suffix(".log"))
    while run.step < options.steps:
        began = time.process_time()
        if is_video:
            frames = video_batch(material, options.batch, size, 2 if run.step < pairs_until else 4, real_share)
        else:
            frames = still_batch(material, options.batch, size)
        rate = learning_rate(run.step, options.steps, options.rate)
        frames = [frame.to(device) for frame in frames]
        log.add(one_step(run, frames, None if options.priors_only else weight, rate))
        run.step += 1
        run.seconds += time.process_time() - began
        if run.step % 100 == 0 or run.step == options.steps:
            log.write(run, rate)
            run.save(checkpoint)
    return run


class Log:
    """Means since the last line, to the screen and to a file."""

    def __init__(self, path: Path) -> None:
        self.path, self.costs = path, []

    def add(self, cost: Cost) -> None:
        if not math.isfinite(float(cost.loss.detach())):
            raise SystemExit("the loss is not finite: start again from the checkpoint with a lower --rate")
        self.costs.append((float(cost.loss.detach()), cost.bpp, cost.mse))

    def write(self, run: Run, rate: float) -> None:
        loss = np.mean([c[0] for c in self.costs])
        first = [(c[1][0], c[2][0]) for c in self.costs]
        later = [pair for c in self.costs for pair in zip(c[1][1:], c[2][1:], strict=True)]
        kinds = " ".join(_summary(kind, pairs) for kind, pairs in (("I", first), ("P", later)) if pairs)
        line = f"step {run.step} cpu_seconds {run.seconds:.0f} rate {rate:.2e} loss {loss:.4f} {kinds}"
        line += f" aux {float(auxiliary_loss(run.model).detach()):.0f}"
        print(line, flush=True)
        with self.path.open("a") as file:
            file.write(line + "\n")
        self.costs = []


def _summary(kind: str, pairs: list[tuple[float, float]]) -> str:
    bpp, mse = np.mean(pairs, axis=0)
    return f"{kind}: {bpp:.3f} bpp {-10 * math.log10(mse):.2f} dB;"


# --- what ships ---


def shipped_state(codec: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convolution weights in float16, all else in float32; CDF tables of exactly these weights, quantised, int32.

    A scale takes the first table whose scale is not smaller. CompressAI computes that table at its upper end, which
    costs about 1 % of the rate; here it is computed in the middle of the scales that take it.
    """
    model = narrow_model(codec)
    model.load_state_dict(_halved(state))
    scales = get_scale_table(max=LARGEST_SCALES[codec])
    model.update(scales * (scales[0] / scales[1]).sqrt(), force=True, update_quantiles=True)
    for part in model.modules():
        if isinstance(part, GaussianConditional):
            part.scale_table.copy_(scales)
    return _halved(model.state_dict())


def _halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n: (v.half() if v.ndim == 4 else v).detach().cpu().contiguous().clone() for n, v in state.items()}


def export(codec: str, quality: int, run: Run, folder: Path) -> Path:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{codec}-lite-{quality}-mse.safetensors"
    lambda_ = LAMBDAS[codec][quality - 1]
    metadata = {"codec": f"{codec}-lite", "quality": str(quality), "lambda": str(lambda_), "steps": str(run.step)}
    save_file(shipped_state(codec, run.model.state_dict()), path, metadata)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codec", choices=LAMBDAS)
    parser.add_argument("quality", type=int, choices=(1, 2, 3))
    parser.add_argument("--home", type=Path, required=True, help="laid out as AHC_STREAM_HOME is")
    parser.add_argument("--work", type=Path, default=Path("runs/lite"), help="checkpoints, logs, exported files")
    parser.add_argument(
        "--start", type=Path, help="checkpoint of another quality, CODEC-lite-QUALITY.pt, to start from"
    )
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, help="pixels; default 192 for stills, 512 for video")
    parser.add_argument("--rate", type=float, default=4e-4, help="highest learning rate")
    parser.add_argument(
        "--priors-only", action="store_true", help="ssf2020: train its hyperpriors alone, go on from there"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    random.seed(options.seed)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    path = export(options.codec, options.quality, train(options), options.work)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
