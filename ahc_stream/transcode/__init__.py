"""Whole files in and out: media to coded files, and back to pictures or video."""

from ahc_stream.transcode.decode import decode_file
from ahc_stream.transcode.encode import encode_items
from ahc_stream.transcode.encoded import Encoded
from ahc_stream.transcode.inspect import facts_of
from ahc_stream.transcode.reading import open_coded_file

__all__ = ["Encoded", "decode_file", "encode_items", "facts_of", "open_coded_file"]
