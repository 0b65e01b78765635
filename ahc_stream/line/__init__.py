"""The stages of the line, one file each, in its order: open, codec, measure. What travels between them is in `work`.

Each offers the step of one lane. A `Failure` that an earlier stage put in an item's place is handed on as it is,
and so is an `ItemNote`.
"""
