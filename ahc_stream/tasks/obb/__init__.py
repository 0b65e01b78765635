"""OBB: objects and their oriented bounding boxes."""
