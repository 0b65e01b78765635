"""Media against their originals, without a codec: existing files, frame by frame.

measured = measure_pairs("original/", "decoded/", ["psnr", "ssim"])
measured.frames                    an Arrow table, a row per frame
summaries(measured)                mean, percentiles and the worst frame of each metric
write_measured(measured, path)     .csv, .parquet or .json
"""

from ahc_stream.pairs.measuring import Measured, measure_pairs
from ahc_stream.pairs.pairing import Pair, Pairs, pair_media
from ahc_stream.pairs.summary import MetricSummary, summaries
from ahc_stream.pairs.writing import check_out, write_measured

__all__ = [
    "Measured",
    "MetricSummary",
    "Pair",
    "Pairs",
    "check_out",
    "measure_pairs",
    "pair_media",
    "summaries",
    "write_measured",
]
