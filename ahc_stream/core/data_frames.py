"""Arrow tables as pandas has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ahc_stream.core.errors import MissingExtra

if TYPE_CHECKING:
    import pandas as pd


def data_frame(table: pa.Table) -> pd.DataFrame:
    """The same rows and columns. Raises MissingExtra without pandas."""
    try:
        return table.to_pandas()
    except ModuleNotFoundError as error:
        raise MissingExtra("the package pandas", "no such package", "run: pip install pandas") from error
