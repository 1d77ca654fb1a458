"""Targets by hand: units, whose words count, and what is left out."""

from dataclasses import replace

import numpy as np
import pytest

from evidence.planted_latents import cut, measures, planted
from tonelens.evidence.latents import CONTENT, DESCRIPTOR
from tonelens.evidence.leakage import leakage_of
from tonelens.evidence.probe_targets import clip_targets

OTHERS = ("apples", "boats", "clouds", "doors", "eggs", "farms")


def with_sentences(latents, texts):
    cuts = tuple(
        cut(row, one.supervisions[0].speaker.removeprefix("made-"), text)
        for row, (one, text) in enumerate(zip(latents.cuts, texts, strict=True))
    )
    return replace(latents, cuts=cuts)


def many_sentences(latents):
    """36 sentences of two words; `apples` and the others are each in 11 of them or fewer."""
    return [f"{OTHERS[row % 6]} {OTHERS[row // 6 % 6]}" for row in range(len(latents.cuts))]


def targets(latents):
    return {target.name: target for target in clip_targets(latents)}


def test_pitch_is_in_semitones_and_within_speaker_less_the_speaker_s_median():
    latents = planted()
    changed = replace(
        latents,
        measures=tuple(measures(200.0 if row % 2 else 100.0, -20.0) for row in range(160)),
    )
    found = targets(changed)
    assert found["f0"].values[:4] == pytest.approx([0, 12, 0, 12])
    assert found["f0 within speaker"].values[:4] == pytest.approx([-6, 6, -6, 6])
    assert found["rate"].values[:4] == pytest.approx([2, 2, 2, 4])  # "birds are singing" has 4 syllables


def test_few_sentences_are_classes_and_many_are_words():
    latents = planted()
    assert targets(latents)["sentence"].told_apart == (
        "birds are singing", "cats run", "dogs sit", "kids talk",
    )  # fmt: skip
    words = targets(with_sentences(latents, many_sentences(latents)))["words"]
    assert words.told_apart == OTHERS
    assert words.values.shape == (160, 6)
    assert words.values[1].tolist() == [1, 1, 0, 0, 0, 0]  # "boats apples"
    assert words.values[7].tolist() == [0, 1, 0, 0, 0, 0]  # "boats boats"


def test_a_rare_word_and_one_that_all_say_are_not_looked_for():
    latents = planted()
    texts = [f"the {text} {'zebra' if row == 0 else ''}" for row, text in enumerate(many_sentences(latents))]
    assert targets(with_sentences(latents, texts))["words"].told_apart == OTHERS


def test_words_are_found_in_the_stream_that_has_them():
    latents = planted(noise=True)
    texts = many_sentences(latents)
    latents = with_sentences(latents, texts)
    present = np.array([[word in text for word in OTHERS] for text in texts])
    content = np.array(latents.pooled[CONTENT])
    content[:, :6] += 4 * present
    latents = replace(latents, pooled={**latents.pooled, CONTENT: content})
    found = leakage_of(latents, probes=["linear"], targets={"words"})
    scores = {row.view: row.spread.value for row in found.scores if not row.is_shuffled}
    assert scores[CONTENT] > 0.95
    assert scores[DESCRIPTOR] < 0.6  # in folds with few speakers noise falls below a half
    (gap,) = [row.spread for row in found.contrasts if (row.first, row.second) == (CONTENT, DESCRIPTOR)]
    assert gap.low > 0.3
