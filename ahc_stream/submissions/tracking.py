"""Tracks that another program made, against MOTChallenge's ground truth, as TrackEval scores them.

A sequence is what its seqinfo.ini says; without one it ends with the last box. As in TrackEval, a sequence without a
file of tracks and a box beyond the sequence's end are refused; a frame without a box counts as missed. Of MOT17, which
holds each recording once per public detector, those copies are scored that there are tracks of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import line_error
from ahc_stream.core.wording import abridged, counted
from ahc_stream.datasets import mot
from ahc_stream.datasets.files import children, existing
from ahc_stream.datasets.mot_truth import MotTruth, read_truth
from ahc_stream.submissions.mot_tracks import MotTracks, read_tracks
from ahc_stream.submissions.scored_files import DATASET, NAMED, ScoredFiles, frames_of, with_labels
from ahc_stream.tasks.tracking.score import TRACKS, tally_of_tracks


@dataclass(frozen=True)
class TrueSequence:
    """name: of its folder. truth: its gt.txt. length: how many frames it has; None where nothing says it."""

    name: str
    truth: Path
    length: int | None


def score_tracking(predictions: Path, truth: Path) -> ScoredFiles:
    """HOTA, CLEAR MOT and identity scores of all sequences together and of each.

    predictions:  a text file of tracks (`mot_tracks`), or a folder of SEQUENCE.txt.
    truth:        a gt.txt, a sequence's folder, or a tree of those with or without train/ above them.
    Raises MissingData, InvalidValue, MissingExtra, and MediaError that names the line.
    """
    sequences = _sequences(truth)
    files, extra = _files(predictions, sequences)
    lengths: dict[str, int] = {}
    labels, tracks, notes = [], [], []
    for sequence in sequences:
        if sequence.name in files:
            path = files[sequence.name]
            read = read_tracks(path)
            true = read_truth(sequence.truth)
            lengths[sequence.name] = length = _length(sequence, true, path, read)
            labels.append(mot.boxes_of(DATASET, sequence.name, true, range(1, length + 1)))
            tracks.append(_table(sequence.name, read))
            if sequence.length is None:
                notes.append(f"no seqinfo.ini says how long {sequence.name} is: {length} frames, by its last box")
    if extra:
        notes.append(f"files without ground truth left out: {abridged(extra, NAMED)}")
    true_boxes, boxes = pa.concat_tables(labels), pa.concat_tables(tracks)
    tally = tally_of_tracks(boxes, true_boxes, frames_of(lengths))
    facts = {
        "sequences": len(lengths),
        "frames": sum(lengths.values()),
        "tracks": sum(len(set(table["track_id"].to_pylist())) for table in tracks),
        "boxes": len(boxes),
    }
    scores = tasks.scorer("tracking").scores(tally)(None)
    return with_labels(ScoredFiles("tracking", scores, facts, tuple(notes)), truth)


def _sequences(truth: Path) -> list[TrueSequence]:
    """Raises MissingData."""
    if existing(str(truth)) is None:
        raise MissingData("a gt.txt or a MOTChallenge tree", f"nothing at {truth}", "check the path")
    truth = truth.absolute()
    if truth.is_file():
        folder = truth.parent.parent if truth.parent.name == "gt" else truth.parent
        name = folder.name if truth.parent.name == "gt" else truth.stem
        return [TrueSequence(readable(name), truth, mot.length_of(folder))]
    base = truth / "train" if (truth / "train").is_dir() else truth
    folders = [truth] if mot.truth_of(truth).is_file() else children(base)
    found = [folder for folder in folders if mot.truth_of(folder).is_file()]
    if not found:
        todo = "point it at a MOTChallenge tree: [train/]SEQUENCE/gt/gt.txt, or at one gt.txt"
        raise MissingData("sequences with a gt/gt.txt", f"none in {truth}", todo)
    return [TrueSequence(readable(folder.name), mot.truth_of(folder), mot.length_of(folder)) for folder in found]


def _files(predictions: Path, sequences: Sequence[TrueSequence]) -> tuple[Mapping[str, Path], list[str]]:
    """Sequence -> its tracks, and the names of files of other sequences. Raises MissingData and InvalidValue."""
    if not predictions.is_dir():
        if len(sequences) > 1:
            got = f"one file {predictions}"
            expected = f"a folder of SEQUENCE.txt for {counted(len(sequences), 'sequence')}"
            raise InvalidValue(expected, got, "name the folder, or the gt.txt of that one sequence as truth")
        return {sequences[0].name: predictions}, []
    texts = {readable(path.stem): path for path in children(predictions) if path.suffix.lower() == ".txt"}
    names = [sequence.name for sequence in sequences]
    there = {mot.recording_of(name) for name in names if name in texts}
    missing = [f"{name}.txt" for name in names if mot.recording_of(name) not in there]
    if missing:
        got = f"none of {abridged(missing, NAMED)}"
        todo = "write those too; an empty file says that nothing was found"
        raise MissingData(f"tracks of each of {counted(len(names), 'sequence')} in {predictions}", got, todo)
    return {name: texts[name] for name in names if name in texts}, [
        path.name for name, path in texts.items() if name not in names
    ]


def _length(sequence: TrueSequence, true: MotTruth, path: Path, tracks: MotTracks) -> int:
    """How many frames the sequence has. Raises MediaError for boxes beyond its end."""
    if sequence.length is None:
        return max(_last(true.frame), _last(tracks.frame), 1)
    expected = f"a frame from 1 to {sequence.length}, the length of {sequence.name}"
    beyond = np.flatnonzero(tracks.frame > sequence.length)
    if len(beyond):
        row = beyond[0]
        raise line_error(path, int(tracks.lines[row]), expected, str(tracks.frame[row]), "check that it is its file")
    if _last(true.frame) > sequence.length:
        todo = "correct seqLength in its seqinfo.ini"
        raise MediaError(f"{expected}, in {sequence.truth}", str(_last(true.frame)), todo)
    return sequence.length


def _last(frames: NDArray[np.int64]) -> int:
    return int(frames.max(initial=0))


def _table(item: str, tracks: MotTracks) -> pa.Table:
    """TRACKS of one sequence: pixels and frames counted from 0."""
    left, top, width, height = tracks.box.T
    x1, y1 = left - mot.PIXEL_ORIGIN, top - mot.PIXEL_ORIGIN
    count = len(tracks.frame)
    columns = {
        "dataset": [DATASET] * count,
        "item": [item] * count,
        "frame": (tracks.frame - 1).astype(np.int32),
        "track_id": tracks.track_id,
        "class_name": ["person"] * count,
        "x1": x1,
        "y1": y1,
        "x2": x1 + width,
        "y2": y1 + height,
    }
    return pa.table(columns, schema=TRACKS)
