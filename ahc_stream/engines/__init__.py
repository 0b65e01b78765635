"""What runs a plan: the line of this process, or workers on a Ray cluster that run lines of their own.

`pieces` cuts what is missing of a run, `piece_line` runs a piece through the line, whoever asks for it, `ray_engine`
gives pieces to workers (`ray_worker`) and their rows to the run's folder. Nothing of Ray is imported until it is asked
for.
"""
