"""Runs in a process of its own, by its path: `decord_child.py VIDEO FRAMES HEIGHT WIDTH` writes rgb24 frames to stdout.

Imports decord and nothing of ours, so that it starts in a fraction of a second.
"""

import sys

import decord


def main(path: str, frames: int, height: int, width: int) -> None:
    """All frames in presentation order. Ends with a message if decord finds another number or shape of them.

    Of some narrow videos decord returns four channels, the padding at the end of its rows taken for pixels.
    """
    reader = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=1)
    if len(reader) != frames:
        sys.exit(f"decord counts {len(reader)} frames, the packets are {frames}")
    for _ in range(frames):
        frame = reader.next()
        if tuple(frame.shape) != (height, width, 3):
            sys.exit(f"decord gives frames of {tuple(frame.shape)}, the stream's are {(height, width, 3)}")
        sys.stdout.buffer.write(frame.asnumpy().tobytes())


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
