"""What a training run learns from: parts, labels, levels fitted on the training part, and answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lhotse import MonoCut

from tonelens.batching.augment import Change
from tonelens.corpora.cuts import (
    corpus_of,
    emotion_of,
    emotion_shares_of,
    gender_of,
    language_of,
    speaker_of,
    text_of,
)
from tonelens.corpora.dialogues import held_out_ids, open_to_training, turns_before
from tonelens.corpora.splits import Split, prove, require_speaker_disjoint, split
from tonelens.descriptors.levels import LevelItem, Levels, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.descriptors.sentences import GENDERS, SPOKEN_CHOICES, UNKNOWN
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError
from tonelens.recipe import DataConfig, Recipe

SPOKEN_LEVELS = ("pitch", "volume", "speed")
"""The descriptors that answers state."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything a run needs to know of its clips."""

    split: Split
    protocol: str
    """The sentence that every report carries."""
    labels: LabelSet
    levels: Levels
    measures: Mapping[str, Measures]
    train: Sequence[MonoCut]
    dev: Sequence[MonoCut]
    earlier: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Cut id -> the turns before a train or dev clip that it may see, a line each; empty where the recipe
    gives none."""


def parted(cuts: Sequence[MonoCut], config: DataConfig) -> Split:
    """The split that a recipe asks for; with `config.divided`, of that corpus, and the others train.

    Raises:
        CorpusError: the protocol does not fit the clips, the corpus to divide is not among them, or speakers
            overlap and that is not allowed.
    """
    has_fold = config.protocol != "none"
    divided = [cut for cut in cuts if config.divided in ("", corpus_of(cut))]
    if not divided:
        there = ", ".join(sorted({corpus_of(cut) for cut in cuts}))
        raise CorpusError(
            f"data.divided is {config.divided!r}, but the clips are of {there}. Name one of them."
        )
    found = split(
        divided, config.protocol, fold=config.fold if has_fold else None, folds=config.folds,
        allow_random=config.allow_speaker_overlap, allow_unknown_speakers=config.allow_speaker_overlap,
        hold_out_dev=config.hold_out_dev,
    )  # fmt: skip
    if len(divided) < len(cuts):
        found = prove(
            cuts, f"{config.protocol} of {config.divided}", found.fold,
            {cut.id: found.parts.get(cut.id, "train") for cut in cuts},
        )  # fmt: skip
    require_speaker_disjoint(found, config.allow_speaker_overlap)
    return found


def training_data(cuts: Iterable[MonoCut], measures: Mapping[str, Measures], recipe: Recipe) -> TrainingData:
    """Parts, labels and levels. Levels and labels come from the training part only.

    Raises:
        CorpusError: as `parted`; or a task needs what no clip has.
        LabelError: fewer than two labels.
    """
    known = [cut for cut in cuts if cut.id in measures]
    found = parted(known, recipe.data)
    train = found.select(known, "train")
    if not train:
        raise CorpusError("no clip is left to train on. Choose another fold or protocol.")
    needs_text = recipe.schedule.asr_epochs > 0 and recipe.schedule.strategy != "one-stage"
    if needs_text and not any(text_of(cut) for cut in train):
        raise CorpusError(
            "no training clip has a text, so there is nothing to transcribe. Set schedule.asr_epochs=0 and "
            "answer.transcript=false, or add a text column."
        )
    if recipe.data.soft_labels and not any(emotion_shares_of(cut) for cut in train):
        raise CorpusError(
            "data.soft_labels is true, but no training clip has listeners' votes. Set "
            "data.soft_labels=false, or prepare the corpus with the tables of its votes (docs/data.md)."
        )
    dev = found.select(known, "dev")
    most_turns = recipe.answer.dialogue_turns
    earlier = _earlier(train, dev, found, most_turns) if most_turns else {}
    measures = {cut.id: measures[cut.id].with_text(text_of(cut), language_of(cut)) for cut in known}
    items = [LevelItem(speaker_of(cut), gender_of(cut), measures[cut.id]) for cut in train]
    return TrainingData(
        split=found,
        protocol=found.describe() + _about_turns(earlier, train, most_turns),
        labels=LabelSet.of(emotion_of(cut) for cut in train),
        levels=fit_levels(items),
        measures=measures,
        train=train,
        dev=dev,
        earlier=earlier,
    )


def _earlier(
    train: Sequence[MonoCut], dev: Sequence[MonoCut], parted: Split, most: int
) -> dict[str, list[str]]:
    """The last turns before every clip; before one that trains no word of a held-out clip.

    Raises:
        CorpusError: no training clip has any.
    """
    held_out = held_out_ids(parted)
    seen = {cut.id: open_to_training(turns_before(cut)[-most:], held_out) for cut in train}
    if not any(seen.values()):
        raise CorpusError(
            "answer.dialogue_turns is above 0, but no training clip has earlier turns that it may see. "
            "Prepare a corpus of dialogues (meld, iemocap, a list with the columns dialogue and turn), take "
            "a protocol that keeps dialogues together, or set it to 0."
        )
    seen |= {cut.id: turns_before(cut)[-most:] for cut in dev}
    return {name: [turn.line for turn in turns] for name, turns in seen.items()}


def _about_turns(earlier: Mapping[str, Sequence[str]], train: Sequence[MonoCut], most: int) -> str:
    """What the protocol's sentence says besides where earlier turns are input."""
    if not earlier:
        return ""
    fewer = sum(len(earlier[cut.id]) < len(turns_before(cut)[-most:]) for cut in train)
    kept = (
        f"; {fewer} training clips saw fewer, because they may see no words of held-out clips"
        if fewer
        else ""
    )
    return f" The words of up to {most} earlier turns of the dialogue were input{kept}."


def spoken_values(cut: MonoCut, measures: Measures, levels: Levels, config: DataConfig) -> dict[str, str]:
    """What the reference answer says of a clip, by slot."""
    gender = gender_of(cut)
    assigned = levels.assign(measures, speaker=speaker_of(cut), gender=gender, finest=config.finest_reference)
    said = {name: assigned[name].word or UNKNOWN for name in SPOKEN_LEVELS}
    return {
        **said,
        "gender": spoken_gender(cut),
        "transcript": text_of(cut) or "",
        "emotion": emotion_of(cut),
    }


def changed_values(cut: MonoCut, change: Change, data: TrainingData, config: DataConfig) -> dict[str, str]:
    """As `spoken_values`, for a clip whose waveform was changed: the measures change with it."""
    return spoken_values(cut, changed_measures(cut, change, data), data.levels, config)


def changed_measures(cut: MonoCut, change: Change, data: TrainingData) -> Measures:
    """What is measured of a clip whose waveform was changed."""
    return data.measures[cut.id].changed(
        speed=change.speed, gain_db=change.gain_db, semitones=change.semitones, pace=change.pace
    )


def spoken_gender(cut: MonoCut) -> str:
    """How an answer names the speaker."""
    gender = gender_of(cut)
    return gender if gender in GENDERS else "person"


def spoken_indices(values: Mapping[str, str]) -> list[int]:
    """What the descriptors' heads have to answer: the place of every spoken value among its choices."""
    return [options.index(values[slot]) for slot, options in SPOKEN_CHOICES.items()]
