"""The worlds of the calibration are what they say."""

import numpy as np
import pytest

from compare_calibration import WORLDS, World, findings


def test_systems_of_a_world_are_right_on_70_percent_and_differ_by_the_gain():
    world = World("many", (100,) * 200, spread=0.15)
    right = np.einsum("nyll->ny", world.draw(np.random.default_rng(0), gain=0.2)[:, :, :, :-1])
    # 20 000 clips: error of a share 0.003, of the mean over 200 speakers of the gain 0.15 / sqrt(200) = 0.011
    assert right.mean(axis=0) == pytest.approx([0.6, 0.8], abs=0.02)
    by_speaker = right.reshape(200, 100, 2).mean(axis=1)
    gains = by_speaker[:, 1] - by_speaker[:, 0]
    assert gains.std() == pytest.approx(np.hypot(0.15, np.sqrt((0.24 + 0.16) / 100)), abs=0.02)


def test_every_world_has_as_many_clips_as_its_name_says():
    clips = {world.name: (len(world.clips_C), sum(world.clips_C)) for world in WORLDS}
    assert clips["speakers-20x30"] == (20, 600)
    assert clips["independent-2000"] == (2000, 2000)
    assert WORLDS[0].speakers == [None] * 600


def test_a_clear_difference_is_found_by_every_test():
    world = World("clear", (50,) * 8, spread=0.0)
    found, detectable = findings(world, world.draw(np.random.default_rng(1), gain=0.4), seed=1)
    assert all(found.values()) and set(found) >= {"mcnemar", "t-test", "bootstrap-ua"}
    assert 0 < detectable < 0.2
