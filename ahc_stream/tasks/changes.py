"""What became of each unit between the uncompressed original and an operating point."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ahc_stream.tasks import units

RIGHT = "correct"
"""The outcome that is compared: 1 where a unit was right, 0 where it was wrong."""


def compare(original: pa.Table, outcomes: pa.Table) -> dict[str, int]:
    """How many units were wrong and became right (`improved`), were right and became wrong (`worsened`), and stayed
    (`unchanged`): right (`unchanged_right`) or wrong (`unchanged_wrong`).

    Both are tables as a scorer's `outcomes` returns them. Units that only one of them has are in no count; tasks whose
    outcomes hold no `correct` have no counts, an empty dict.
    """
    if RIGHT not in original.column_names or RIGHT not in outcomes.column_names:
        return {}
    index = units.places(outcomes, original)
    is_shared = index >= 0
    after = outcomes[RIGHT].to_numpy()[is_shared] == 1
    before = original[RIGHT].to_numpy()[index[is_shared]] == 1
    changes = {
        "improved": after & ~before,
        "worsened": before & ~after,
        "unchanged": before == after,
        "unchanged_right": before & after,
        "unchanged_wrong": ~before & ~after,
    }
    return {name: int(np.count_nonzero(of_unit)) for name, of_unit in changes.items()}
