"""Whole files in and out: media to coded files, and back to pictures or video."""

from ahc_stream.transcode.decode import decode_file, opened
from ahc_stream.transcode.encode import Encoded, encode_items
from ahc_stream.transcode.inspect import facts_of

__all__ = ["Encoded", "decode_file", "encode_items", "facts_of", "opened"]
