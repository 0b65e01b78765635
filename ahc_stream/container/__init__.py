"""Files that hold coded frames: `.ahc`, and those of CompressAI's codec example.

`docs/container.md` tells the bytes of an `.ahc` file.
"""

from ahc_stream.container.compressai_files import CompressaiFile
from ahc_stream.container.layout import FileHeader, Segment, SegmentHead
from ahc_stream.container.read import AhcReader, is_ahc
from ahc_stream.container.write import AhcWriter

__all__ = ["AhcReader", "AhcWriter", "CompressaiFile", "FileHeader", "Segment", "SegmentHead", "is_ahc"]
