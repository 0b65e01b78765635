"""From the rows of a run to its numbers: pure functions of the tables, no GPU, no model."""

from ahc_stream.report.points import operating_points
from ahc_stream.report.text import print_report

__all__ = ["operating_points", "print_report"]
