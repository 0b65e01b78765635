"""One line of a benchmark, and what becomes of its goals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure of ours, and a peer's for the same work in the same run where there is one.

    goal:         the ratio to the peer to reach, None where there is none. A ratio above 1 is in our favour.
    target:       the figure itself to reach, None where there is none.
    bound_share:  how much of what is possible we reach, 0..1, None where no bound was computed.
    """

    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    goal: float | None = None
    bound_share: float | None = None
    higher_is_better: bool = False
    target: float | None = None

    @property
    def ratio(self) -> float | None:
        """None without a peer."""
        if self.peer is None:
            return None
        return self.ours / self.peer if self.higher_is_better else self.peer / self.ours

    @property
    def met(self) -> bool | None:
        """Whether goal and target are reached; None where neither is asked for."""
        held = []
        if self.goal is not None:
            held.append(self.ratio is not None and self.ratio >= self.goal)
        if self.target is not None:
            held.append(self.ours >= self.target if self.higher_is_better else self.ours <= self.target)
        return all(held) if held else None

    def as_json(self) -> dict[str, str | float | bool | None]:
        """The row as the JSON line has it, figures to five digits."""
        names = ("ours", "peer", "ratio", "goal", "target", "bound_share")
        figures = {name: _rounded(getattr(self, name)) for name in names}
        words = {"name": self.name, "unit": self.unit, "peer_name": self.peer_name, "met": self.met}
        return {name: (figures | words)[name] for name in KEYS}


KEYS = ("name", "unit", "ours", "peer", "peer_name", "ratio", "goal", "target", "met", "bound_share")


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.5g}")
