"""Range coders of learned codecs, all of the same bytes."""
