"""Classification of videos, in windows of frames."""
