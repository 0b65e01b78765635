"""ahc-stream score: files that another program wrote, scored as a run's own predictions are. One file per command."""
