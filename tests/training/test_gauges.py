"""Fitting gauges: on planted lines, against numpy, and on the synthetic corpus."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from builders import small_recipe
from tonelens.batching.augment import NO_CHANGE, Change
from tonelens.corpora.cuts import gender_of
from tonelens.descriptors.levels import Edges
from tonelens.descriptors.sentences import GENDERS
from tonelens.model.gauges import GAUGED
from tonelens.model.utterance import UtteranceLatent
from tonelens.progress import Quiet
from tonelens.recipe import StreamsConfig
from tonelens.training.data import training_data
from tonelens.training.gauges import conjugate_gradients, edges_of, fit_gauges, gauge_values

STATISTICS = 12
EDGES = torch.zeros(len(GENDERS), len(GAUGED), 2)


def pooling_of(rows_ANS):
    config = StreamsConfig(pooling="statistics", gauges=True, utterance_hidden_width=8, latent_width=4)
    made = UtteranceLatent(config, statistics=rows_ANS.shape[-1])
    made.statistics.fit(rows_ANS[0])
    return made


def planted(clips=80, noise=0.0, seed=0, offset=0.0):
    """Rows far from zero and of unlike scales, and values that are lines over them."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(2, clips, STATISTICS, generator=generator) * torch.logspace(-1, 1, STATISTICS) + 50
    lines = torch.tensor([[2.0, 0.5, 0.0], [0.0, 1.0, -1.0]])
    values = (rows[..., :2] - 50) @ lines + torch.tensor([80.0, -20.0, 24.0]) + offset
    return rows, values + noise * torch.randn(values.shape, generator=generator)


def groups(clips=80):
    return torch.arange(clips) % 4


def standardised(noise):
    rows, values = planted(noise=noise)
    return (rows - rows.mean(dim=(0, 1))) / rows.std(dim=(0, 1)), values - values.mean(dim=(0, 1))


def test_as_many_steps_as_statistics_give_the_least_squares():
    rows, values = standardised(noise=3.0)
    *_, last = conjugate_gradients(rows, values, STATISTICS)
    expected = np.linalg.lstsq(
        rows.flatten(0, 1).double().numpy(), values.flatten(0, 1).double().numpy(), rcond=None
    )[0]
    assert last.T.numpy() == pytest.approx(expected, abs=2e-3)


def test_the_first_line_says_nothing_and_every_step_misses_less():
    rows, values = standardised(noise=3.0)
    missed = [(rows @ line.T - values).square().sum() for line in conjugate_gradients(rows, values, 3)]
    assert missed[0] == pytest.approx(float(values.square().sum()))
    assert all(after < before for before, after in pairwise(missed))


def test_an_arrived_line_stays_finite():
    rows = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    *_, last = conjugate_gradients(rows, torch.tensor([[2.0], [-2.0]]), 6)
    assert last.tolist() == [[pytest.approx(2.0), 0.0]]


def test_a_planted_line_is_found_and_told_of_unheard_clips():
    rows, values = planted()
    pooling = pooling_of(rows)
    fit_gauges(pooling, rows, values, groups(), EDGES + 7.0, Quiet())
    unheard, told = planted(seed=1)
    assert pooling.gauges.values(unheard).numpy() == pytest.approx(told.numpy(), abs=0.05)
    assert pooling.gauges.edges_CG2.unique().tolist() == [7.0]
    z = pooling.gauges(rows[0]).z_BTZ
    assert z.mean(dim=0).abs().max() < 0.02 and z.std(dim=0, unbiased=False).numpy() == pytest.approx(
        1, abs=0.02
    )


def test_the_stated_error_is_that_of_unheard_voices():
    rows, values = planted(clips=2000, noise=2.0)
    pooling = pooling_of(rows)
    fit_gauges(pooling, rows, values, groups(2000), EDGES, Quiet())
    unheard, told = planted(clips=2000, noise=2.0, seed=1)
    missed = (pooling.gauges.values(unheard[0]) - told[0]).square().mean(dim=0).sqrt()
    assert missed.numpy() == pytest.approx(2.0, rel=0.1)
    assert pooling.gauges.error_G.numpy() == pytest.approx(2.0, rel=0.1)


def test_what_tells_nothing_of_other_voices_is_left_alone():
    """Every group has a line of its own, so that the best of a stranger's value is the mean."""
    rows, _ = planted()
    generator = torch.Generator().manual_seed(3)
    own = torch.randn(4, STATISTICS, len(GAUGED), generator=generator)
    values = torch.einsum("ans,nsg->ang", rows - 50, own[groups()])
    pooling = pooling_of(rows)
    fit_gauges(pooling, rows, values, groups(), EDGES, Quiet())
    assert pooling.gauges.weight_GS.abs().max() < 0.5 < own.abs().mean()
    assert pooling.gauges.bias_G.numpy() == pytest.approx(values.mean(dim=(0, 1)).numpy(), abs=3.0)


def test_gauges_that_read_already_are_corrected_and_not_begun_anew():
    """Forty clips are too few for a line over sixty statistics; moved by 5, they tell just that."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(1, 600, 60, generator=generator)
    line = torch.randn(60, len(GAUGED), generator=generator)
    pooling = pooling_of(rows)
    fit_gauges(pooling, rows, rows @ line, torch.arange(600) % 4, EDGES, Quiet())
    fit_gauges(pooling, rows[:, :40], rows[:, :40] @ line + 5, torch.arange(40) % 4, EDGES, Quiet())
    unheard = torch.randn(200, 60, generator=generator)
    assert (pooling.gauges.values(unheard) - (unheard @ line + 5)).abs().max() < 0.1
    alone = pooling_of(rows)
    fit_gauges(alone, rows[:, :40], rows[:, :40] @ line + 5, torch.arange(40) % 4, EDGES, Quiet())
    assert (alone.gauges.values(unheard) - (unheard @ line + 5)).abs().max() > 3


@pytest.mark.parametrize("group", [0, -1])
def test_one_voice_alone_is_fitted_without_a_choice(group):
    rows, values = planted()
    pooling = pooling_of(rows)
    fit_gauges(pooling, rows, values, torch.full((80,), group), EDGES, Quiet())
    assert pooling.gauges.values(rows).numpy() == pytest.approx(values.numpy(), abs=0.1)
    assert torch.isfinite(pooling.gauges.error_G).all()


def test_what_was_not_measured_spoils_nothing():
    rows, values = planted(clips=400)
    holed = values.clone()
    holed[:, ::10, 0] = math.nan
    holed[:, :, 2] = math.nan
    pooling = pooling_of(rows)
    fit_gauges(pooling, rows, holed, groups(400), EDGES, Quiet())
    missed = (pooling.gauges.values(rows) - values).abs().amax(dim=(0, 1))
    assert missed[:2].max() < 0.05
    assert all(torch.isfinite(tensor).all() for tensor in pooling.gauges.state_dict().values())


@pytest.fixture
def data(cuts, measures):
    return training_data(cuts, measures, small_recipe(data={"protocol": "none", "hold_out_dev": False}))


def as_they_are(data):
    return [[NO_CHANGE for _ in data.train]]


def test_values_are_semitones_and_decibels_and_follow_the_change(data):
    louder = [[NO_CHANGE for _ in data.train], [Change(speed=2.0, gain_db=3.0) for _ in data.train]]
    values = gauge_values(data, louder)
    for number, cut in enumerate(data.train):
        measured = data.measures[cut.id]
        pitch, volume, _ = values[0, number].tolist()
        assert pitch == pytest.approx(12 * math.log2(measured.f0_median_hz), abs=1e-3)
        assert volume == pytest.approx(measured.level_dbfs, abs=1e-3)
    moved = (values[1] - values[0]).median(dim=0).values.tolist()
    assert moved == pytest.approx([12.0, 3.0, 12.0], abs=1e-2), (
        "twice the speed is an octave of pitch and pace"
    )


def test_every_value_is_beyond_the_edge_that_its_word_says(data):
    edges, values = edges_of(data.levels), gauge_values(data, as_they_are(data))
    for number, cut in enumerate(data.train):
        levels = data.levels.assign(data.measures[cut.id], gender=gender_of(cut), finest="group")
        for gauge, name in enumerate(GAUGED):
            low, high = edges[GENDERS.index(gender_of(cut)), gauge].tolist()
            place = int(values[0, number, gauge] > low + 1e-4) + int(values[0, number, gauge] > high + 1e-4)
            words = ("slow", "normal", "fast") if name == "speed" else ("low", "normal", "high")
            assert words[place] == levels[name].word


def test_a_value_by_another_field_stands_where_its_own_edges_have_it(data):
    """Without words the sound's pace counts; halfway between its edges is halfway between the gauge's."""
    cut = data.train[0]
    halfway = math.sqrt(4.0 * 9.0)
    own = {"corpus": Edges(low=4.0, high=9.0, clips=24, quantiles=(1 / 3, 2 / 3))}
    levels = dataclasses.replace(data.levels, edges={**data.levels.edges, "speed": own})
    bare = dataclasses.replace(
        data.measures[cut.id], text_syllables_per_s=None, syllables_per_s=halfway, f0_median_hz=None
    )
    data = dataclasses.replace(data, levels=levels, measures=data.measures | {cut.id: bare})
    pitch, _, speed = gauge_values(data, as_they_are(data))[0, 0].tolist()
    low, high = edges_of(data.levels)[GENDERS.index(gender_of(cut)), GAUGED.index("speed")].tolist()
    assert speed == pytest.approx((low + high) / 2, abs=1e-3)
    assert math.isnan(pitch)


def test_a_gender_without_edges_has_everybody_s(data):
    everybody = data.levels.edges["pitch"]["corpus"]
    person = edges_of(data.levels)[GENDERS.index("person"), GAUGED.index("pitch")].tolist()
    assert person == pytest.approx([12 * math.log2(everybody.low), 12 * math.log2(everybody.high)])
