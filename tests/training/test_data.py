import dataclasses

import pytest

from builders import small_recipe
from tonelens.batching.augment import Change
from tonelens.corpora.cuts import emotion_of, speaker_of, text_of
from tonelens.errors import CorpusError, LabelError
from tonelens.recipe import DataConfig
from tonelens.training.data import changed_values, spoken_values, training_data

EMOBOX = {"data": {"protocol": "emobox", "hold_out_dev": False}}


def in_part(data, part):
    return {cut_id for cut_id, where in data.split.parts.items() if where == part}


def without_text(cuts):
    return [
        dataclasses.replace(cut, supervisions=[dataclasses.replace(cut.supervisions[0], text=None)])
        for cut in cuts
    ]


def without_speakers(cuts):
    return [
        dataclasses.replace(cut, supervisions=[dataclasses.replace(cut.supervisions[0], speaker=None)])
        for cut in cuts
    ]


def test_test_clips_change_neither_levels_nor_targets(cuts, measures):
    recipe = small_recipe(**EMOBOX)
    data = training_data(cuts, measures, recipe)
    test = in_part(data, "test")
    assert len(test) == 12
    wild = {
        cut_id: dataclasses.replace(one, f0_median_hz=5000.0, level_dbfs=-1.0) if cut_id in test else one
        for cut_id, one in measures.items()
    }
    again = training_data(cuts, wild, recipe)
    assert again.levels == data.levels and again.labels == data.labels
    for cut in data.train:
        args = (recipe.data,)
        assert spoken_values(cut, wild[cut.id], again.levels, *args) == spoken_values(
            cut, measures[cut.id], data.levels, *args
        )


def test_a_training_clip_does_change_the_levels(cuts, measures):
    recipe = small_recipe(**EMOBOX)
    data = training_data(cuts, measures, recipe)
    first = data.train[0].id
    changed = measures | {first: dataclasses.replace(measures[first], level_dbfs=-1.0)}
    assert training_data(cuts, changed, recipe).levels != data.levels


def test_dev_clips_are_neither_trained_on_nor_levelled_by(cuts, measures):
    recipe = small_recipe(data={"protocol": "speaker-disjoint", "folds": 4})
    data = training_data(cuts, measures, recipe)
    assert data.levels.clips == len(data.train) == 12 and len(data.dev) == 6
    assert not {speaker_of(cut) for cut in data.train} & {speaker_of(cut) for cut in data.dev}


def test_labels_are_those_of_the_training_part(cuts, measures):
    data = training_data(cuts, measures, small_recipe(**EMOBOX))
    assert data.labels.labels == ("neutral", "happiness", "sadness", "anger", "fear", "surprise")


def overlapping(cuts):
    """Fold 1 of clips whose folds cut through every speaker."""
    return [
        dataclasses.replace(cut, custom=cut.custom | {"test_fold": number % 2 + 1})
        for number, cut in enumerate(cuts)
    ]


def test_overlapping_speakers_are_refused(cuts, measures):
    with pytest.raises(
        CorpusError, match=r"NOT speaker-disjoint: 4 speakers stand .*data\.allow_speaker_overlap"
    ):
        training_data(overlapping(cuts), measures, small_recipe(**EMOBOX))


def test_overlapping_speakers_are_allowed_with_the_sentence(cuts, measures):
    recipe = small_recipe(data={**EMOBOX["data"], "allow_speaker_overlap": True})
    data = training_data(overlapping(cuts), measures, recipe)
    assert "NOT speaker-disjoint: 4 speakers stand in more than one part" in data.protocol


def test_unknown_speakers_are_refused_unless_allowed(cuts, measures):
    with pytest.raises(CorpusError, match="the speaker of 24 of 24 clips is unknown"):
        training_data(without_speakers(cuts), measures, small_recipe(**EMOBOX))
    allowed = small_recipe(data={**EMOBOX["data"], "allow_speaker_overlap": True})
    assert "NOT speaker-disjoint" in training_data(without_speakers(cuts), measures, allowed).protocol


def of_another_corpus(cuts):
    """The same clips under another corpus's name, with other ids, voices and sounds."""
    renamed = []
    for cut in cuts:
        said = dataclasses.replace(cut.supervisions[0], speaker=f"other-{speaker_of(cut)}")
        custom = {**cut.custom, "corpus": "other", "sha256": f"other {cut.custom['sha256']}"}
        renamed.append(dataclasses.replace(cut, id=f"other-{cut.id}", supervisions=[said], custom=custom))
    return renamed


def test_only_the_corpus_that_is_named_is_divided(cuts, measures):
    others = of_another_corpus(cuts)
    both = measures | {f"other-{name}": one for name, one in measures.items()}
    alone = training_data(cuts, measures, small_recipe(**EMOBOX))
    recipe = small_recipe(data={**EMOBOX["data"], "divided": "synthetic"})
    data = training_data([*cuts, *others], both, recipe)
    assert in_part(data, "test") == in_part(alone, "test")
    assert in_part(data, "train") == in_part(alone, "train") | {cut.id for cut in others}
    assert data.protocol.startswith("Split emobox of synthetic fold 1 (36 train, 0 dev, 12 test)")
    with pytest.raises(CorpusError, match=r"data\.divided is 'ravdes'.* of other, synthetic"):
        wrong = small_recipe(data={**EMOBOX["data"], "divided": "ravdes"})
        training_data([*cuts, *others], both, wrong)


def test_a_voice_beside_the_divided_corpus_must_not_be_a_tested_one(cuts, measures):
    twice = [
        dataclasses.replace(cut, id=f"other-{cut.id}", custom={**cut.custom, "corpus": "other"})
        for cut in cuts
    ]
    both = measures | {f"other-{name}": one for name, one in measures.items()}
    with pytest.raises(CorpusError, match="NOT speaker-disjoint"):
        training_data([*cuts, *twice], both, small_recipe(data={**EMOBOX["data"], "divided": "synthetic"}))


def test_the_protocol_none_trains_on_everything(cuts, measures):
    data = training_data(cuts, measures, small_recipe(data={"protocol": "none"}))
    assert len(data.train) == 24 and not data.dev
    assert "one part only" in data.protocol


def test_clips_without_text_cannot_be_transcribed(cuts, measures):
    with pytest.raises(CorpusError, match=r"no training clip has a text.*schedule\.asr_epochs=0"):
        training_data(without_text(cuts), measures, small_recipe(**EMOBOX))
    quiet = small_recipe(**EMOBOX, schedule={"asr_epochs": 0}, answer={"transcript": False})
    assert len(training_data(without_text(cuts), measures, quiet).train) == 12


def test_one_label_alone_is_refused(cuts, measures):
    angry = [cut for cut in cuts if emotion_of(cut) == "anger"]
    with pytest.raises(LabelError, match="at least two labels"):
        training_data(angry, measures, small_recipe(data={"protocol": "none"}))


def test_a_fold_that_does_not_exist_is_refused_with_those_that_do(cuts, measures):
    with pytest.raises(CorpusError, match="folds 1 to 2, not 7"):
        training_data(cuts, measures, small_recipe(data={"protocol": "emobox", "fold": 7}))


def test_what_an_answer_says_of_a_clip(cuts, measures):
    data = training_data(cuts, measures, small_recipe(**EMOBOX))
    cut = data.train[0]
    said = spoken_values(cut, measures[cut.id], data.levels, DataConfig())
    assert said["transcript"] == text_of(cut) and said["emotion"] == emotion_of(cut)
    assert said["gender"] in ("male", "female")
    unknown = dataclasses.replace(cut, supervisions=[dataclasses.replace(cut.supervisions[0], gender=None)])
    bare = dataclasses.replace(measures[cut.id], f0_median_hz=None)
    said = spoken_values(unknown, bare, data.levels, DataConfig())
    assert said["gender"] == "person" and said["pitch"] == "doubtful"


def test_a_changed_waveform_is_described_by_its_changed_measures(cuts, measures):
    data = training_data(cuts, measures, small_recipe(**EMOBOX))
    cut = data.train[0]
    louder = changed_values(cut, Change(gain_db=60.0), data, DataConfig())
    softer = changed_values(cut, Change(gain_db=-60.0), data, DataConfig())
    assert (louder["volume"], softer["volume"]) == ("high", "low")
    faster = changed_values(cut, Change(speed=4.0), data, DataConfig())
    assert (faster["speed"], faster["pitch"]) == ("fast", "high")
    assert louder["emotion"] == softer["emotion"] == emotion_of(cut)
