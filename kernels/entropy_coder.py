"""The range coder of the compiled extension (rans.cpp), under one name to import from.

    tables = RansTables(cdfs, lengths, offsets)             # once per entropy model
    strings = rans_encode(tables, symbols, indexes, bounds, threads)
    decoder = RansDecoder(tables, strings)
    decoder.decode(indexes, bounds, out, threads)           # one step or many
    decoder.finish()

Buffers are contiguous int32 arrays or CPU tensors (`bounds`: int64); string s is the part [bounds[s], bounds[s + 1]).
Each docstring says the rest.
"""

from ._native import RansDecoder, RansTables, rans_encode

__all__ = ["RansDecoder", "RansTables", "rans_encode"]
