"""A run in an experiment tracker: its settings, its progress, its operating points, its manifest and page.

    trackers = Trackers(run, ("mlflow",))
    for frames in trackers.told(progress): ...
    trackers.conclude()

Each tracker is the package of those who make it, an extra of ours of the same name, and is set up as its own manual
says (`WANDB_PROJECT`, `MLFLOW_TRACKING_URI`, ...). What a tracker does never changes a run: one that fails is left out
from then on, with one warning.
"""
