"""Submissions: files of predictions that another program wrote, scored as a run's own predictions are.

score_detection(results, truth)       COCO's results, or YOLO's text files
score_segmentation(masks, truth)      COCO's results
score_pose(keypoints, truth)          COCO's results
score_tracking(tracks, truth)         MOTChallenge's text files
score_texts(texts, truth)             a CSV of image,text
score_classes(classes, truth)         a CSV of image,class, or of a probability for each class
tallies_of_edges(pairs, ...)          edge maps against BSDS500

Each reads foreign files into the tables that a run writes, and asks the task's own scorer (`tasks.scoring`). What lies
in the truth and in no prediction is never passed over: it is a miss, or an error that names it.
"""

from ahc_stream.submissions.classification import score_classes
from ahc_stream.submissions.detection import score_detection
from ahc_stream.submissions.edges import EdgePairs, edge_pairs, tallies_of_edges
from ahc_stream.submissions.ocr import score_texts
from ahc_stream.submissions.pose import score_pose
from ahc_stream.submissions.scored_files import ScoredFiles
from ahc_stream.submissions.segmentation import score_segmentation
from ahc_stream.submissions.tracking import score_tracking

__all__ = [
    "EdgePairs",
    "ScoredFiles",
    "edge_pairs",
    "score_classes",
    "score_detection",
    "score_pose",
    "score_segmentation",
    "score_texts",
    "score_tracking",
    "tallies_of_edges",
]
