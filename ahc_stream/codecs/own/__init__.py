"""Codecs that a user brings: code in a file, a model of CompressAI's kind, an object of a program."""
