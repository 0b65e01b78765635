"""What decoding an item finds out beside its frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ahc_stream.core.clip import Item
from ahc_stream.core.note import ItemNote
from ahc_stream.core.presentation import PLAIN, Presentation


@dataclass(eq=False)
class Discoveries:
    """Filled while clips are taken: `presentation` with the first of them, `notes` until the last."""

    item: Item
    notes: list[ItemNote] = field(default_factory=list)
    presentation: Presentation = PLAIN

    def note(self, text: str, name: str | None = None) -> None:
        """Adds a remark, once. name: of a still; of anything else the item's own."""
        note = ItemNote(self.item.dataset, name or self.item.name, text)
        if note not in self.notes:
            self.notes.append(note)

    def take(self, texts: Iterable[str], presentation: Presentation) -> None:
        """What a probe of the file found."""
        self.presentation = presentation
        for text in texts:
            self.note(text)
