"""Networks of single pictures by name, of torchvision and timm, without trained weights."""

from __future__ import annotations

from torch import nn

from ahc_stream.core.errors import MissingExtra, UnknownName


def picture_network(name: str, classes: int) -> nn.Module:
    """float32 [N, 3, H, W] -> logits [N, classes]: a network of torchvision, or, of a name that it does not have, of
    timm. Raises UnknownName and MissingExtra."""
    from torchvision import models

    if name in models.list_models(module=models):
        return torchvision_network(name, classes)
    try:
        import timm
    except ModuleNotFoundError as error:
        raise MissingExtra.of("timm", "classification") from error
    if name not in timm.list_models():
        known = [*models.list_models(module=models), *timm.list_models()]
        raise UnknownName.among("architecture", name, known)
    network: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes)
    return network


def torchvision_network(name: str, classes: int) -> nn.Module:
    """A network of pictures or videos by torchvision's name for it."""
    from torchvision import models

    network: nn.Module = models.get_model(name, weights=None, num_classes=classes)
    return network
