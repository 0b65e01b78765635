"""Instance segmentation: objects and their masks."""
