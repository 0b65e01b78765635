"""Pose: objects and their keypoints."""
