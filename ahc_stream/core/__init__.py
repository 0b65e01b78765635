"""The types that everything else speaks: streams, clips, protocols, errors. Imports torch and numpy, nothing of ours."""
