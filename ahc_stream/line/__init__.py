"""The stages of the line, one file each, in its order: open, trial, measure, sink.

Each of the first three offers one function that makes the step of `lanes.Stage`. A `Failure` that an earlier stage
put in an item's place is handed on as it is.
"""
