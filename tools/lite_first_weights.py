"""First weights for the lite codecs: the transforms start as a Karhunen-Loeve transform of the training pictures.

From torch's own random weights a narrow model needs thousands of steps before it sends more than the mean of each
block. Here every stride-2 layer starts as the principal components of the 2x2 blocks of its input, in the middle of
its kernel, and the synthesis as the transposed layers; the rest of the kernels starts near zero. So training begins
from a working block transform, about as good as JPEG's, and teaches it overlap, nonlinearity and the entropy model.
In Cheng 2020's residual blocks the components go through the main path of the analysis, lifted over its rectifier by a
bias that the next layer takes away again, and through the linear skip path of the synthesis.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from compressai.layers import GDN, ResidualBlock, ResidualBlockUpsample, ResidualBlockWithStride
from compressai.models import Cheng2020Anchor, CompressionModel, MeanScaleHyperprior
from torch import Tensor, nn

REST = 0.0005
"""Deviation of the weights outside of the block transform."""

NORMALISATION = 0.01
"""GDN's gamma on the diagonal, where CompressAI starts with 0.1: small enough not to disturb the block transform."""


def start(model: CompressionModel, pictures: Tensor, differences: Tensor, weight: float) -> None:
    """Sets the first weights of the transforms and of the predicted scales in place.

    pictures:     float [B, 3, S, S] in 0..1.
    differences:  float [B, 3, S, S], frame minus prediction, for the residual's transform of a video model.
    weight:       lambda: it decides how fine the latent starts.
    """
    gain = 0.2 * 255 * weight**0.5  # the step that is best at high rate under 255^2 lambda MSE + bits per pixel
    if isinstance(model, Cheng2020Anchor):
        deviation = _start_residual(model.g_a, model.g_s, pictures, gain)
        _predict(model.entropy_parameters[-1], torch.cat([deviation, torch.zeros_like(deviation)]))
        return
    if isinstance(model, MeanScaleHyperprior):
        deviation = _start_transform(model.g_a, model.g_s, pictures, gain)
        _predict(model.h_s[-1], torch.cat([deviation, torch.zeros_like(deviation)]))
        return
    for part, batch in (("img", pictures), ("res", differences)):
        deviation = _start_transform(getattr(model, f"{part}_encoder"), getattr(model, f"{part}_decoder"), batch, gain)
        hyperprior = getattr(model, f"{part}_hyperprior")
        _predict(hyperprior.hyper_decoder_scale.deconv3, deviation)
        _predict(hyperprior.hyper_decoder_mean[-1], torch.zeros_like(deviation))
    _damp(model.motion_decoder[-1], 0.03)
    _predict(model.motion_hyperprior.hyper_decoder_scale.deconv3, torch.ones(len(model.motion_encoder[-1].bias)))


@torch.no_grad()
def refine(model: CompressionModel, gain: float) -> None:
    """Makes the latents `gain` times as large and all that reads or predicts them fit: the same model, quantised finer.

    From one lambda to another the best gain is the root of their ratio, so this is where the next quality starts.
    """
    if isinstance(model, Cheng2020Anchor):
        first, second = model.g_s[:2]
        first.conv1.bias.mul_(gain)  # without biases a residual block of rectifiers passes a factor on
        first.conv2.bias.mul_(gain)
        readers = [second.subpel_conv[0], second.upsample[0], model.context_prediction, model.h_a[0]]
        _refine(model.g_a[-1], [layer.weight for layer in readers], [model.entropy_parameters[-1]], gain)
        return
    if isinstance(model, MeanScaleHyperprior):
        _refine(model.g_a[-1], [model.g_s[0].weight, model.h_a[0].weight], [model.h_s[-1]], gain)
        return
    for part in ("img", "res"):
        encoder, decoder = getattr(model, f"{part}_encoder"), getattr(model, f"{part}_decoder")
        hyperprior = getattr(model, f"{part}_hyperprior")
        own = decoder[0].weight[: encoder[-1].out_channels]  # the residual's decoder reads the motion's latent as well
        predictors = [hyperprior.hyper_decoder_mean[-1], hyperprior.hyper_decoder_scale.deconv3]
        _refine(encoder[-1], [own, hyperprior.hyper_encoder[0].weight], predictors, gain)


def _refine(source: nn.Module, readers: list[Tensor], predictors: list[nn.Module], gain: float) -> None:
    for layer in (source, *predictors):
        layer.weight.mul_(gain)
        layer.bias.mul_(gain)
    for weights in readers:
        weights.div_(gain)


@dataclass(frozen=True)
class Blocks:
    """Principal components [K, C, 2, 2] of 2x2 blocks, largest variance first, and the mean block [C, 2, 2]."""

    components: Tensor
    mean: Tensor

    @classmethod
    def of(cls, features: Tensor, count: int) -> Blocks:
        channels = features.shape[1]
        blocks = F.unfold(features, 2, stride=2).transpose(0, 1).flatten(1).double()
        mean = blocks.mean(1)
        _, vectors = torch.linalg.eigh(torch.cov(blocks))
        components = vectors.flip(1).T[:count].float()
        return cls(components.reshape(-1, channels, 2, 2), mean.float().reshape(channels, 2, 2))


@torch.no_grad()
def _start_transform(analysis: nn.Sequential, synthesis: nn.Sequential, batch: Tensor, gain: float) -> Tensor:
    """Sets both, layer by layer, on what the layers before make of the batch. Returns the latent's deviations [M]."""
    signed = not any(isinstance(layer, nn.ReLU) for layer in analysis)
    up = [layer for layer in synthesis if isinstance(layer, nn.ConvTranspose2d)][::-1]
    features = batch
    _weaken(analysis, synthesis)
    for layer in analysis:
        if isinstance(layer, nn.Conv2d):
            last = len(up) == 1
            pairs = not signed and not last  # through a rectifier a component goes as itself and as its negative
            blocks = Blocks.of(features, layer.out_channels // 2 if pairs else layer.out_channels)
            _set(layer, up.pop(0), blocks, gain if last else 1.0, pairs)
        features = layer(features)
    return features.std((0, 2, 3)).clamp(min=0.2)


@torch.no_grad()
def _start_residual(analysis: nn.Sequential, synthesis: nn.Sequential, batch: Tensor, gain: float) -> Tensor:
    """`_start_transform` for Cheng 2020's blocks of 3x3 kernels and sub-pixel layers."""
    up = [layer for layer in synthesis if not isinstance(layer, ResidualBlock)][::-1]
    features = batch
    _weaken(analysis, synthesis)
    for block in (block for block in (*analysis, *synthesis) if isinstance(block, ResidualBlock)):
        _silence(block.conv2)
    for layer in analysis:
        if isinstance(layer, ResidualBlockWithStride):
            blocks = Blocks.of(features, layer.conv1.out_channels)
            _set_lifted(layer, blocks, features)
            _set_sub_pixels(up.pop(0), blocks, 1.0)
        elif isinstance(layer, nn.Conv2d):
            blocks = Blocks.of(features, layer.out_channels)
            _set_blocks(layer, blocks, gain)
            _set_sub_pixels(up.pop(0), blocks, gain)
        features = layer(features)
    return features.std((0, 2, 3)).clamp(min=0.2)


LIFT = 4
"""Deviations of a channel that its bias lifts it over the rectifier: few pixels lie further below the mean."""


def _set_lifted(block: ResidualBlockWithStride, blocks: Blocks, features: Tensor) -> None:
    _set_blocks(block.conv1, blocks, 1.0)
    lift = LIFT * block.conv1(features).std((0, 2, 3))
    block.conv1.bias.add_(lift)
    _silence(block.conv2)
    channels = torch.arange(len(lift))
    block.conv2.weight[channels, channels, 1, 1] += 1
    block.conv2.bias.sub_(block.conv2.weight.sum((2, 3)) @ lift)
    _silence(block.skip)


def _set_blocks(layer: nn.Conv2d, blocks: Blocks, gain: float) -> None:
    """A 3x3 kernel of stride two whose lower right corner sees the 2x2 block."""
    _silence(layer)
    used = len(blocks.components)
    layer.weight[:used, :, 1:3, 1:3] += blocks.components * gain
    layer.bias[:used] -= gain * (blocks.components * blocks.mean).sum((1, 2, 3))


def _set_sub_pixels(layer: ResidualBlockUpsample | nn.Sequential, blocks: Blocks, gain: float) -> None:
    """The transposed components: channel 4 c + 2 i + j becomes pixel (i, j) of channel c."""
    if isinstance(layer, ResidualBlockUpsample):
        _silence(layer.conv)
        layer = layer.upsample
    used, channels = blocks.components.shape[:2]
    _silence(layer[0])
    layer[0].weight[: 4 * channels, :used, 1, 1] += blocks.components.flatten(1).T / gain
    layer[0].bias[: 4 * channels] += blocks.mean.flatten()


def _silence(layer: nn.Conv2d) -> None:
    nn.init.normal_(layer.weight, std=REST)
    nn.init.zeros_(layer.bias)


def _weaken(*transforms: nn.Sequential) -> None:
    for layer in (layer for transform in transforms for layer in transform.modules() if isinstance(layer, GDN)):
        layer.gamma.copy_(layer.gamma_reparam.init(NORMALISATION * torch.eye(len(layer.beta))))


def _set(forward: nn.Conv2d, backward: nn.ConvTranspose2d, blocks: Blocks, gain: float, pairs: bool) -> None:
    for layer in (forward, backward):
        nn.init.normal_(layer.weight, std=REST)
        nn.init.zeros_(layer.bias)
    rows = torch.cat([blocks.components, -blocks.components]) if pairs else blocks.components
    used = len(rows)
    forward.weight[:used, :, 2:4, 2:4] = rows * gain
    forward.bias[:used] = -gain * (rows * blocks.mean).sum((1, 2, 3))
    backward.weight[:used, : rows.shape[1], 2:4, 2:4] = rows / gain
    backward.bias[:] = blocks.mean.mean((1, 2))


def _predict(layer: nn.Conv2d | nn.ConvTranspose2d, values: Tensor) -> None:
    """What the layer says before it has learned anything."""
    with torch.no_grad():
        layer.weight.mul_(0.1)
        layer.bias.copy_(values)


def _damp(layer: nn.ConvTranspose2d, factor: float) -> None:
    with torch.no_grad():
        layer.weight.mul_(factor)
        layer.bias.zero_()
