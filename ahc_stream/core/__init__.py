"""The types that everything else speaks: clips, trials, protocols, errors. Imports torch and numpy, nothing of ours."""
