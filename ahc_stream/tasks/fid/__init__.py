"""FID: how far the decoded pictures of a corpus are from its originals, as two sets of features."""
