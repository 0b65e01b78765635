"""Separable windows in registers on the GPU: a lane filters a run of columns, and rows slide past it.

A lane owns RUN neighbouring columns of one band of rows. Of each row it loads its run and what the window reaches to
the right of it, and takes the windows' means along the row. Down the columns it keeps, for every result that has begun,
the sum so far: a new row adds its share to each, the oldest is done, a new one begins. So each pixel is filtered by
2 SIZE fused steps, no lane sees another, nothing goes through shared memory, and a sum's order is that of its taps.

A tensor's first dimension is the lane; all others lie in a lane's registers, and the quantities that are filtered alike
share one tensor. Columns and sums are tuples: what Triton has for an array in registers.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false, disable-error-code=assignment
# ruff: noqa: RUF005  # Triton's tuples are added and not unpacked

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def run_of(first, at, left, width, there, RUN: tl.constexpr):
    """float32 [LANES, RUN]: the pixels `at` and on, behind the pointers `first`, which lie at column `left`."""
    inside = (there & (left + at < width))[:, None]
    return tl.load(first[:, None] + (at + tl.arange(0, RUN))[None, :], mask=inside, other=0).to(tl.float32)


@triton.jit
def columns_of(run):
    """[LANES, RUN, ...] as RUN tensors [LANES, ...]; RUN is 2 or 4."""
    if len(run.shape) == 3:
        run = tl.permute(run, (0, 2, 1))
    if len(run.shape) == 4:
        run = tl.permute(run, (0, 2, 3, 1))
    if run.shape[len(run.shape) - 1] == 2:
        columns = tl.split(run)
    else:
        even, odd = tl.split(tl.reshape(run, run.shape[:-1] + (2, 2)))
        first, third = tl.split(even)
        second, fourth = tl.split(odd)
        columns = (first, second, third, fourth)
    return columns


@triton.jit
def run_from(columns):
    """The other way round: RUN tensors [LANES, ...] as [LANES, ..., RUN]."""
    if len(columns) == 2:
        run = tl.join(columns[0], columns[1])
    else:
        pairs = tl.join(tl.join(columns[0], columns[2]), tl.join(columns[1], columns[3]))
        run = tl.reshape(pairs, pairs.shape[:-2] + (4,))
    return run


@triton.jit
def along(means, run, AT: tl.constexpr, STEP: tl.constexpr, TAPS: tl.constexpr):
    """Adds columns AT and on of a row, [LANES, RUN, ...], to the means of its windows, which begin STEP columns apart.

    A column is done with before the next one is looked at: few are held at a time.
    """
    columns = columns_of(run)
    for column in tl.static_range(len(columns)):
        more = ()
        for place in tl.static_range(len(means)):
            if AT + column - place * STEP == 0:
                more = more + (TAPS[0] * columns[column],)
            elif AT + column - place * STEP > 0 and AT + column - place * STEP < len(TAPS):
                more = more + (means[place] + TAPS[AT + column - place * STEP] * columns[column],)
            else:
                more = more + (means[place],)
        means = more
    return means


@triton.jit
def repeated(zeros, COUNT: tl.constexpr):
    """COUNT of one tensor: means before their first column, sums before their first row."""
    result = ()
    for _ in tl.static_range(COUNT):
        result = result + (zeros,)
    return result


@triton.jit
def slid(sums, row, TAPS: tl.constexpr):
    """Adds a row to all that has begun. Returns the results that are done, and the sums with those that begin."""
    REACH: tl.constexpr = len(TAPS) - 1
    done = sums[0] + TAPS[REACH] * row
    going_on = ()
    for place in tl.static_range(1, REACH):
        going_on = going_on + (sums[place] + TAPS[REACH - place] * row,)
    return done, going_on + (TAPS[0] * row,)


@triton.jit
def positive(value):
    """The value, at least zero; a NaN stays one."""
    return tl.where(value < 0, 0.0, value)
