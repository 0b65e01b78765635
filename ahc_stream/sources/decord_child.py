"""Runs in a process of its own, by its path: `decord_child.py VIDEO FRAMES` writes that many rgb24 frames to stdout.

Imports decord and nothing of ours, so that it starts in a fraction of a second.
"""

import sys

import decord


def main(path: str, frames: int) -> None:
    """Frames 0 to `frames` - 1 in presentation order. Ends with a message if decord counts otherwise."""
    reader = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=1)
    if len(reader) != frames:
        sys.exit(f"decord counts {len(reader)} frames, the packets are {frames}")
    for _ in range(frames):
        sys.stdout.buffer.write(reader.next().asnumpy().tobytes())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
