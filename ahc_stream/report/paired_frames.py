"""The frames of one operating point that two runs both have, and a metric over those where both are finite.

A mean of each run over its own finite frames would be of other frames in each: PSNR is infinite where a frame is
identical, and the easiest frames are so in the better run alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ahc_stream.report.estimate import Estimate, ratio
from ahc_stream.report.metric_mean import metric_numbers
from ahc_stream.report.resample import Integers, Resamples
from ahc_stream.runs.keys import at, codes, numbers
from ahc_stream.runs.media import items_of


@dataclass(frozen=True)
class PairedMetric:
    """The means of a metric in two runs, over the same frames.

    one_infinite, other_infinite:  frames where the run's metric is infinite.
    left_out:                      frames that count in neither mean, for one of them is infinite or undefined there.
    """

    one: Estimate
    other: Estimate
    one_infinite: int
    other_infinite: int
    left_out: int


@dataclass(frozen=True, eq=False)
class PairedFrames:
    """Rows of `frames` of two runs at one operating point, the same frames in the same order.

    item:  int64 [frames], where the item of each stands among those of `resamples`.
    """

    one: pa.Table
    other: pa.Table
    item: Integers
    resamples: Resamples

    @classmethod
    def of(cls, one: pa.Table, other: pa.Table, resamples: Resamples) -> PairedFrames:
        """The frames that both have. resamples: of the items of `one`."""
        one_item, other_item = codes([one, other], ["item"])
        one_key, other_key = at(one_item, numbers(one["frame"])), at(other_item, numbers(other["frame"]))
        _, of_one, of_other = np.intersect1d(one_key, other_key, assume_unique=True, return_indices=True)
        shared = one.take(of_one)
        return cls(shared, other.take(of_other), resamples.places(items_of(shared)), resamples)

    def metric(self, name: str) -> PairedMetric:
        """The metric `name`, a column of both."""
        one, other = metric_numbers(self.one[name]), metric_numbers(self.other[name])
        finite = np.isfinite(one) & np.isfinite(other)
        count, item = finite.astype(np.float64), self.item
        return PairedMetric(
            one=ratio(np.where(finite, one, 0.0), count, item, self.resamples),
            other=ratio(np.where(finite, other, 0.0), count, item, self.resamples),
            one_infinite=int(np.isinf(one).sum()),
            other_infinite=int(np.isinf(other).sum()),
            left_out=int((~finite).sum()),
        )
