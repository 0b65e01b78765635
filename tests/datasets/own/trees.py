"""Small trees of data of one's own, made by tests."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.pictures import picture

YAML = "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n"


def put(root: Path, files: dict[str, str | bytes]) -> Path:
    """Text files, and of names that end as images do, pictures of 64 x 48 pixels."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".png", ".jpg") and not content:
            Image.fromarray(picture(48, 64)).save(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def yolo(root: Path, rows: str = "1 0.5 0.5 0.25 0.5\n", yaml: str = YAML) -> Path:
    """Two pictures to validate on, the second without a label file, and one to train on."""
    labels = {"labels/val/a.txt": rows, "labels/train/c.txt": "0 0.5 0.5 1 1\n"}
    pictures = dict.fromkeys(("images/val/a.png", "images/val/b.png", "images/train/c.png"), "")
    return put(root, {**pictures, **labels, **({"data.yaml": yaml} if yaml else {})})
