"""What was said in a dialogue before a clip, and which of it a training clip may see.

In a cut  custom["turns_before"]: {"id", "speaker", "text"} of up to MOST_TURNS turns, oldest first; absent
          where there are none. `prepare` writes it from the corpus's tables, so that a turn's words are
          known although its own clip is too short, broken, without a label or left out.
Words     only. A turn without words is no turn.
Leakage   a clip that trains sees the turns after the last one of a held-out clip (`open_to_training`), so
          that no word of a dev or test clip is learnt from. Dev and test clips see every turn: words there
          are input. Copies of held-out clips (`Split.left_out`) count as held out; turns in no part do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from lhotse import MonoCut

from tonelens.corpora.clips import Clip
from tonelens.corpora.splits import Split
from tonelens.recipe_sections import MOST_TURNS

KEY = "turns_before"


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said."""

    id: str
    """Of its clip, if it has one."""
    speaker: str | None
    """A name, or a letter where the corpus has none; None where nobody knows."""
    text: str

    @property
    def line(self) -> str:
        """`Ross: What?`, in one line."""
        words = " ".join(self.text.split())
        return words if self.speaker is None else f"{self.speaker}: {words}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A turn and where it stands."""

    dialogue: str
    place: float
    """Turns of a dialogue stand in the order of these."""
    turn: Turn


def with_turns_before(clips: Iterable[Clip], said: Iterable[Placed]) -> tuple[Clip, ...]:
    """The clips with the turns before each among their facts."""
    dialogues: dict[str, list[Placed]] = defaultdict(list)
    for one in said:
        dialogues[one.dialogue].append(one)
    before: dict[str, list[Turn]] = {}
    for placed in dialogues.values():
        spoken: list[Turn] = []
        for one in sorted(placed, key=lambda one: (one.place, one.turn.id)):
            before[one.turn.id] = spoken[-MOST_TURNS:]
            if one.turn.text.strip():
                spoken.append(one.turn)
    return tuple(
        replace(clip, facts={**(clip.facts or {}), KEY: [asdict(turn) for turn in before[clip.id]]})
        if before.get(clip.id)
        else clip
        for clip in clips
    )


def turns_before(cut: MonoCut) -> tuple[Turn, ...]:
    """The turns before a clip, oldest first; none where it is the first, or of no dialogue."""
    return tuple(Turn(**turn) for turn in (cut.custom or {}).get(KEY, ()))


def held_out_ids(parted: Split) -> frozenset[str]:
    """Ids of the clips whose words no training clip may see."""
    held_out = {name for name, part in parted.parts.items() if part != "train"}
    return frozenset(held_out.union(parted.left_out))


def open_to_training(turns: Sequence[Turn], held_out: Collection[str]) -> tuple[Turn, ...]:
    """Those after the last held-out one: what is left is still one piece of the dialogue."""
    seen = len(turns)
    while seen and turns[seen - 1].id not in held_out:
        seen -= 1
    return tuple(turns[seen:])
