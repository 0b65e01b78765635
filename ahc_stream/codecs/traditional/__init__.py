"""Codecs of standards: stills through imagecodecs, video through FFmpeg."""
