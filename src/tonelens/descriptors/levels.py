"""Numbers to words, by edges fitted on the training part and stored.

A descriptor has three words in ascending order of its measure and two edges, which are quantiles of that
measure over training clips: the first word up to and with the first edge, the last above the second edge.
Where values tie (most clips have no pause at all) the shares of the words follow the ties.

Reference  whose clips the edges come from, the finest that exists: the speaker's own (MIN_CLIPS and more
           training clips: is it high for this voice?), else the group's, that is the gender's (is it high
           for a woman?), else the whole training part's.
Quantiles  terciles, except pitch by group: men 0.4 / 0.9, women 0.1 / 0.6, SpeechCraft's rule, by which
           few men are called high and few women low. Against a speaker's own clips, or everybody's, that
           asymmetry has no ground: those are terciles.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np

from tonelens.descriptors.measure import MEASURE_VERSION, Measures
from tonelens.errors import CorpusError

Reference: TypeAlias = Literal["speaker", "group", "corpus"]
REFERENCES: tuple[Reference, ...] = ("speaker", "group", "corpus")

MIN_CLIPS = 20
"""Training clips that a speaker or group needs before it has edges of its own."""
TERCILES = (1 / 3, 2 / 3)
PITCH_QUANTILES_BY_GENDER: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"male": (0.4, 0.9), "female": (0.1, 0.6)}
)
FORMAT = "tonelens/levels@2"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One property of a voice that is said in words."""

    field: str
    """The field of `Measures` that it rests on."""
    unit: str
    words: tuple[str, str, str]
    """In ascending order of the measure."""
    steadier_field: str | None = None
    """A field that is used instead wherever it is measured, with edges of its own."""

    def fields(self) -> tuple[str, ...]:
        """The fields that it may rest on, the steadier one first."""
        return (self.steadier_field, self.field) if self.steadier_field else (self.field,)


DESCRIPTORS: Mapping[str, Descriptor] = MappingProxyType(
    {
        "pitch": Descriptor("f0_median_hz", "Hz", ("low", "normal", "high")),
        "volume": Descriptor("level_dbfs", "dBFS", ("low", "normal", "high")),
        "speed": Descriptor(
            "syllables_per_s",
            "syllables/s",
            ("slow", "normal", "fast"),
            steadier_field="text_syllables_per_s",
        ),
        "pitch_variation": Descriptor("f0_std_semitones", "semitones", ("flat", "moderate", "lively")),
        "pauses": Descriptor("pause_share", "share of the utterance", ("few", "some", "many")),
        "voice_quality": Descriptor("hnr_db", "dB", ("rough", "normal", "smooth")),
    }
)


@dataclass(frozen=True, slots=True)
class Level:
    """A descriptor of one clip in a word, and what the word rests on."""

    word: str | None
    """None when it was not measurable."""
    measured: float | None
    unit: str
    reference: Reference | None
    """Whose clips the word compares with."""
    reason: str | None = None
    """Why there is no word."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Level:
        """The inverse of `to_dict`."""
        return cls(**row)


@dataclass(frozen=True, slots=True)
class LevelItem:
    """One training clip, as `fit_levels` wants it."""

    speaker: str | None
    gender: str | None
    measures: Measures


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the words of one descriptor meet, for one reference."""

    low: float
    high: float
    clips: int
    """Training clips that they were fitted on."""
    quantiles: tuple[float, float]

    def word(self, value: float, words: Sequence[str]) -> str:
        """The word for `value`; a value on an edge belongs to the lower word."""
        return words[int(value > self.low) + int(value > self.high)]


@dataclass(frozen=True, slots=True)
class Standard:
    """A measured value and what it is compared with."""

    value: float
    edges: Edges
    reference: Reference


@dataclass(frozen=True, slots=True)
class Levels:
    """All edges, fitted on one training part."""

    edges: Mapping[str, Mapping[str, Edges]]
    """Descriptor (or its steadier field) -> "speaker:<id>", "group:<gender>" or "corpus" -> edges."""
    fitted_on: str
    """SHA-256 over the training clips (speaker, gender, measures) in any order."""
    clips: int
    """Training clips in all."""

    def assign(
        self,
        measures: Measures,
        *,
        speaker: str | None = None,
        gender: str | None = None,
        finest: Reference = "speaker",
    ) -> dict[str, Level]:
        """Every descriptor of one clip in words.

        Args:
            measures: of the clip.
            speaker: as in the training part; an unknown one falls back to the group.
            gender: "male" or "female"; an unknown one falls back to the whole training part.
            finest: the finest reference to use. One clip of a stranger cannot tell the stranger's habits:
                what a model shall say of unseen speakers is taught with "group".
        """
        keys = _references(speaker, gender)
        return {name: self._level(name, measures, keys, finest) for name in DESCRIPTORS}

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, with the words and the version of the measurements."""
        return {
            "schema": FORMAT,
            "measure_version": MEASURE_VERSION,
            "fitted_on": self.fitted_on,
            "clips": self.clips,
            "edges": {
                name: {key: dataclasses.asdict(edges) for key, edges in by_key.items()}
                for name, by_key in self.edges.items()
            },
        }

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Levels:
        """The inverse of `to_dict`.

        Raises:
            CorpusError: it was written in another format or for other measurements.
        """
        found = (row.get("schema"), row.get("measure_version"))
        if found != (FORMAT, MEASURE_VERSION):
            raise CorpusError(
                f"levels of {found[0]}, measurements version {found[1]}, but this version reads {FORMAT}, "
                f"version {MEASURE_VERSION}. Run `tonelens annotate` again."
            )
        edges = {
            name: {
                key: Edges(**(values | {"quantiles": tuple(values["quantiles"])}))
                for key, values in by_key.items()
            }
            for name, by_key in row["edges"].items()
        }
        return cls(edges=edges, fitted_on=row["fitted_on"], clips=row["clips"])

    def standard(
        self,
        name: str,
        measures: Measures,
        *,
        speaker: str | None = None,
        gender: str | None = None,
        finest: Reference = "group",
    ) -> Standard | None:
        """What a descriptor of one clip is compared with; None where it is not measured, or with nothing."""
        return self._standard(name, measures, _references(speaker, gender), finest)

    def _standard(
        self, name: str, measures: Measures, keys: Mapping[Reference, str], finest: Reference
    ) -> Standard | None:
        for field in DESCRIPTORS[name].fields():
            value: float | None = getattr(measures, field)
            for reference in REFERENCES[REFERENCES.index(finest) :] if value is not None else ():
                edges = self.edges.get(_edges_name(name, field), {}).get(keys.get(reference, ""))
                if edges is not None and value is not None:
                    return Standard(value, edges, reference)
        return None

    def _level(
        self, name: str, measures: Measures, keys: Mapping[Reference, str], finest: Reference
    ) -> Level:
        descriptor = DESCRIPTORS[name]
        found = self._standard(name, measures, keys, finest)
        if found is not None:
            word = found.edges.word(found.value, descriptor.words)
            return Level(word, found.value, descriptor.unit, found.reference)
        value = getattr(measures, descriptor.field)
        if value is not None:
            return Level(None, value, descriptor.unit, None, "no training clip to compare with")
        reason = measures.not_measurable.get(descriptor.field, "not measured")
        return Level(None, None, descriptor.unit, None, reason)


def fit_levels(items: Iterable[LevelItem]) -> Levels:
    """Fit all edges on `items`, which must be the training clips and no others."""
    training = list(items)
    edges: dict[str, dict[str, Edges]] = {}
    for name, field in ((name, field) for name, d in DESCRIPTORS.items() for field in d.fields()):
        values: dict[str, list[float]] = {}
        for item in training:
            value = getattr(item.measures, field)
            for key in _keys(item) if value is not None else ():
                values.setdefault(key, []).append(value)
        edges[_edges_name(name, field)] = {
            key: _fit(found, _quantiles(name, key))
            for key, found in sorted(values.items())
            if key == "corpus" or len(found) >= MIN_CLIPS
        }
    return Levels(edges=edges, fitted_on=_fingerprint(training), clips=len(training))


def _references(speaker: str | None, gender: str | None) -> dict[Reference, str]:
    return {"speaker": f"speaker:{speaker}", "group": f"group:{gender}", "corpus": "corpus"}


def _edges_name(name: str, field: str) -> str:
    return name if field == DESCRIPTORS[name].field else field


def _keys(item: LevelItem) -> list[str]:
    speaker = [f"speaker:{item.speaker}"] if item.speaker is not None else []
    group = [f"group:{item.gender}"] if item.gender is not None else []
    return [*speaker, *group, "corpus"]


def _quantiles(name: str, key: str) -> tuple[float, float]:
    if name != "pitch":
        return TERCILES
    return PITCH_QUANTILES_BY_GENDER.get(key.removeprefix("group:"), TERCILES)


def _fit(values: Sequence[float], quantiles: tuple[float, float]) -> Edges:
    low, high = np.quantile(values, quantiles)
    return Edges(low=float(low), high=float(high), clips=len(values), quantiles=quantiles)


def _fingerprint(items: Sequence[LevelItem]) -> str:
    rows = sorted(json.dumps([i.speaker, i.gender, i.measures.to_dict()], sort_keys=True) for i in items)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
