"""Files that hold coded frames: `.ahc`, and those of CompressAI's codec example.

`docs/container.md` describes the bytes of an `.ahc` file.
"""

from ahc_stream.container.blocks import VERSION
from ahc_stream.container.compressai_files import CompressaiFile
from ahc_stream.container.header import FileHeader
from ahc_stream.container.read import AhcReader, is_ahc
from ahc_stream.container.segment import Segment, SegmentHead
from ahc_stream.container.write import AhcWriter

__all__ = ["VERSION", "AhcReader", "AhcWriter", "CompressaiFile", "FileHeader", "Segment", "SegmentHead", "is_ahc"]
