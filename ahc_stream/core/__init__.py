"""The types that everything else speaks: streams, clips, protocols, errors. It imports nothing of ours."""
