"""From the rows of a run to its numbers: pure functions of the tables, no GPU, no model.

operating_points(folder)                       one row per operating point, without intervals
analysis = analyse(folder, ReportSettings())   every number with its uncertainty, and what the following ask of it
values, deltas, findings, flips, outliers, by_item (analysis) -> Arrow tables
figure(analysis, "psnr")                       a matplotlib figure; write_figures for all
with_published(analysis, curves)               the same, with curves of others (`read_published`) in its charts
write_compressai(analysis, folder)             the run's curves as such files
write_report(analysis)                         the page and its tables
write_comparison(compare(one, other), folder)  the same of two runs

What it calls a metric or a score, how it prints it and what it draws of it, their own entries say (`metrics.Metric`,
`tasks.TaskEntry`): nothing here knows one by its name.
"""

from ahc_stream.report.analysis import Analysis, ReportSettings, analyse, paired_estimates
from ahc_stream.report.bd import deltas
from ahc_stream.report.compare import Comparison, check_folders, compare, deltas_between, differences
from ahc_stream.report.compare_text import print_comparison
from ahc_stream.report.compressai_files import write_compressai
from ahc_stream.report.contents_compare import write_comparison
from ahc_stream.report.dot import Dot
from ahc_stream.report.estimate import Estimate
from ahc_stream.report.figures import figure, plot, write_figures
from ahc_stream.report.findings import findings
from ahc_stream.report.flips import flips
from ahc_stream.report.groups import by_item
from ahc_stream.report.html_tables import html_line, html_tables
from ahc_stream.report.kept_choice import keep_choice
from ahc_stream.report.latex import latex
from ahc_stream.report.notes import published_notes
from ahc_stream.report.outliers import outliers
from ahc_stream.report.own_code import use_code
from ahc_stream.report.point_tables import point_tables
from ahc_stream.report.points import operating_points, point_rows, table_of
from ahc_stream.report.published import read_published, with_published
from ahc_stream.report.quantity import METRIC, Quantity, shown_decimals
from ahc_stream.report.recommendation import Recommendation, decide
from ahc_stream.report.tabular import values
from ahc_stream.report.text import print_analysis, print_report
from ahc_stream.report.write import write_report

__all__ = [
    "METRIC",
    "Analysis",
    "Comparison",
    "Dot",
    "Estimate",
    "Quantity",
    "Recommendation",
    "ReportSettings",
    "analyse",
    "by_item",
    "check_folders",
    "compare",
    "decide",
    "deltas",
    "deltas_between",
    "differences",
    "figure",
    "findings",
    "flips",
    "html_line",
    "html_tables",
    "keep_choice",
    "latex",
    "operating_points",
    "outliers",
    "paired_estimates",
    "plot",
    "point_rows",
    "point_tables",
    "print_analysis",
    "print_comparison",
    "print_report",
    "published_notes",
    "read_published",
    "shown_decimals",
    "table_of",
    "use_code",
    "values",
    "with_published",
    "write_comparison",
    "write_compressai",
    "write_figures",
    "write_report",
]
