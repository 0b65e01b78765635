"""Encoders and decoders that are programs of their own: `--codec exec:NAME.toml@22,27`."""
