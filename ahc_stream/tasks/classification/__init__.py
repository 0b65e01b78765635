"""Classification of images, by any network."""
