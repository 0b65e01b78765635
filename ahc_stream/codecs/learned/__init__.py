"""Learned codecs: CompressAI's models with real bitstreams."""
