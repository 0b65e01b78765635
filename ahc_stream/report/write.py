"""A run's report as files."""

from __future__ import annotations

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import deltas
from ahc_stream.report.contents import contents
from ahc_stream.report.findings import findings
from ahc_stream.report.latex import latex
from ahc_stream.report.outliers import outliers
from ahc_stream.report.page import write_page
from ahc_stream.report.tabular import points_table, values, write_tables
from ahc_stream.store.atomic import write_bytes
from ahc_stream.store.folders import Folder

PICTURES = 6


def write_report(analysis: Analysis, folder: Folder | None = None, most_pictures: int = PICTURES) -> Folder:
    """Writes the page and the tables behind it, and returns the page's path.

    folder:         default OUT/report of the run. It gets index.html, report.{parquet,csv,tex} (`tabular.VALUES`), and
                    points (as `operating_points` has them), deltas, findings and outliers as Parquet and CSV.
    most_pictures:  pairs of frames per task, where decoded frames were kept; 0 for none.
    Without the package bjontegaard (the extra `report`) deltas are refused, and say so. Raises StorageError.
    """
    folder = folder or analysis.folder / "report"
    tables = {
        "report": values(analysis),
        "points": points_table(analysis),
        "deltas": deltas(analysis),
        "findings": findings(analysis),
        "outliers": outliers(analysis),
    }
    write_tables(tables, folder)
    write_bytes(folder / "report.tex", latex(analysis).encode(), durable=False)
    return write_page(contents(analysis, most_pictures), folder / "index.html")
