"""Calibration without a dev part: no clip is judged by a network that heard its speaker."""

import torch

from builders import small_model, small_recipe
from tonelens.evaluation.calibration import MIN_CLIPS
from tonelens.model.checkpoint import load_card
from tonelens.progress import Quiet
from tonelens.training import crossfit
from tonelens.training.crossfit import GROUPS, TRAINS_ALWAYS, Voice, alike, crossfitted, groups_of
from tonelens.training.loop import train
from tonelens.training.utterance import UtteranceData, UtteranceSide

CLIPS, SPEAKERS = 60, 12
LABELS = ("anger", "sadness", "happiness", "neutral")
"""As many as the small model has; the clips have the first two."""


def side_and_recipe(**sections):
    recipe = small_recipe(
        **sections,
        streams={
            "pooling": "statistics",
            "utterance_hidden_width": 32,
            "utterance_members": 2,
            "utterance_dropout": 0.1,
            "statistics_dropout": 0.1,
        },
        objective={"label_smoothing": 0.0},
        utterance={"epochs": 40, "batch_size": 8, "rate": 1e-2},
    )
    model, _ = small_model(recipe)
    return UtteranceSide.of(model), recipe


def data_of(side, column_N, emotion_N):
    """Rows in which `column_N` of every clip is lit; the rest is noise."""
    generator = torch.Generator().manual_seed(0)
    rows = 0.1 * torch.randn(1, CLIPS, len(side.pooling.statistics.mean_S), generator=generator)
    rows[0, torch.arange(CLIPS), column_N] = 4.0
    return UtteranceData(
        rows, torch.full((1, CLIPS), 50), emotion_N, torch.zeros(1, CLIPS, 4, dtype=torch.long),
        torch.ones(1, dtype=torch.bool),
    )  # fmt: skip


def voices_of(names, corpus="a"):
    return [Voice(corpus, name) for name in names]


def test_a_speaker_is_in_one_group_whatever_the_order():
    voices = voices_of(f"s{number % SPEAKERS}" for number in range(CLIPS))
    groups = groups_of(voices)
    assert sorted(groups.unique().tolist()) == list(range(GROUPS))
    assert len({(voice, group) for voice, group in zip(voices, groups.tolist(), strict=True)}) == SPEAKERS
    assert groups.bincount().tolist() == [15, 15, 10, 10, 10], "12 speakers of 5 clips, dealt in turn"
    assert torch.equal(groups_of(voices[::-1]), groups.flip(0))


def test_a_corpus_of_few_voices_is_in_no_group_whole():
    for others in range(1, 12):
        voices = [*voices_of((f"s{number}" for number in range(others)), "many"), *voices_of("ab", "pair")]
        groups = dict(zip(voices, groups_of(voices).tolist(), strict=True))
        assert groups["pair", "a"] != groups["pair", "b"], f"beside {others} voices"


def test_all_voices_weigh_alike():
    many, one = Voice("tess", "a"), Voice("urdu", "a")
    assert alike([many, one, many]) == [0.5, 1.0, 0.5]


def test_only_voices_of_the_divided_corpus_are_judged():
    voices = [*voices_of(["x", "y"], "beside"), *voices_of(["x", "y", "z"], "own")]
    assert groups_of(voices, "own").tolist()[:2] == [TRAINS_ALWAYS] * 2
    assert sorted(groups_of(voices, "own").tolist()[2:]) == [0, 1, 2]


def test_what_trains_beside_the_divided_corpus_says_nothing_of_its_clips():
    side, recipe = side_and_recipe(data={"divided": "own"})
    speaker = torch.arange(CLIPS) // 2 % SPEAKERS
    is_own = speaker < SPEAKERS // 2  # their clips are told by the voice, the others are at random
    chance = torch.randint(2, (CLIPS,), generator=torch.Generator().manual_seed(0))
    emotion = torch.where(is_own, torch.arange(CLIPS) % 2, chance)
    told = torch.where(is_own, emotion, 2 + torch.arange(CLIPS) % 2)
    voices = [
        Voice("own" if own else "beside", f"s{name}") for own, name in zip(is_own, speaker, strict=True)
    ]
    found = crossfitted(side, data_of(side, told, emotion), LABELS, voices, recipe, Quiet())
    assert found.n == int(is_own.sum())
    assert found.ece_after < 0.05
    assert found.fitted_on == "training clips of own, each judged without its speaker (5 groups)"


def test_what_the_voice_tells_is_believed_and_what_the_name_tells_is_not():
    side, recipe = side_and_recipe()
    emotion = torch.arange(CLIPS) % 2
    speaker = torch.arange(CLIPS) // 2 % SPEAKERS
    names = voices_of(f"s{number}" for number in speaker.tolist())
    told = crossfitted(side, data_of(side, emotion, emotion), LABELS, names, recipe, Quiet())
    assert (told.n, told.reads) == (CLIPS, "head")
    assert told.ece_after < 0.05, "every clip is right, and sure of it"

    by_name = torch.tensor([0, 1] * (SPEAKERS // 2))[speaker]  # a network that knows the voice knows all
    leaked = crossfitted(side, data_of(side, speaker, by_name), LABELS, names, recipe, Quiet())
    assert leaked.temperature > 1.5, "clips of unheard speakers are answered at random"
    assert leaked.thresholds[0].risk > 0.4


def test_nothing_is_promised_to_a_single_speaker():
    side, recipe = side_and_recipe()
    emotion = torch.arange(CLIPS) % 2
    data = data_of(side, emotion, emotion)
    assert crossfitted(side, data, LABELS, voices_of("a" * CLIPS), recipe, Quiet()) is None


def test_no_judge_learns_where_too_few_clips_would_be_judged(monkeypatch):
    side, recipe = side_and_recipe(data={"divided": "own"})
    monkeypatch.setattr(crossfit, "learn_utterance", None)
    voices = [Voice("own" if number < MIN_CLIPS - 1 else "beside", f"s{number}") for number in range(CLIPS)]
    emotion = torch.arange(CLIPS) % 2
    assert crossfitted(side, data_of(side, emotion, emotion), LABELS, voices, recipe, Quiet()) is None


def test_the_parts_themselves_stay():
    side, recipe = side_and_recipe()
    before = {name: tensor.clone() for name, tensor in side.state_dict().items()}
    emotion = torch.arange(CLIPS) % 2
    names = voices_of(f"s{number % SPEAKERS}" for number in range(CLIPS))
    crossfitted(side, data_of(side, emotion, emotion), LABELS, names, recipe, Quiet())
    assert all(torch.equal(tensor, before[name]) for name, tensor in side.state_dict().items())


def test_every_judge_begins_as_the_model_does(monkeypatch):
    side, recipe = side_and_recipe()
    judges = []
    monkeypatch.setattr(crossfit, "learn_utterance", lambda judge, *_, **__: judges.append(judge))
    names = voices_of(f"s{number % SPEAKERS}" for number in range(CLIPS))
    emotion = torch.arange(CLIPS) % 2
    crossfitted(side, data_of(side, emotion, emotion), LABELS, names, recipe, Quiet())
    assert len(judges) == GROUPS
    weights = [weight for judge in [side, *judges] for weight in judge.parameters()]
    assert len({weight.data_ptr() for weight in weights}) == len(weights), "they share none"
    for judge in judges:
        begins = judge.state_dict()
        assert all(torch.equal(tensor, begins[name]) for name, tensor in side.state_dict().items())


def test_a_model_without_a_dev_part_is_calibrated_too(cuts, measures, recipe_with, tmp_path):
    recipe = recipe_with(
        streams={"pooling": "statistics"},
        utterance={"epochs": 2},
        schedule={"asr_epochs": 0, "ser_epochs": 1},
        data={"protocol": "none"},
    )
    folder = train(recipe, cuts, measures, tmp_path / "run")
    calibration = load_card(folder).calibration
    assert calibration.reads == "head"
    assert calibration.n == len(cuts)
    assert calibration.fitted_on == "training clips, each judged without its speaker (4 groups)"  # 4 speakers
