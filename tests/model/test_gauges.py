import math

import pytest
import torch

from tonelens.descriptors.sentences import GENDERS
from tonelens.model.gauges import GAUGED, Gauges

MEN, WOMEN = GENDERS.index("male"), GENDERS.index("female")


def certainly(gender):
    """Log-probabilities of one clip whose gender is known."""
    return torch.full((1, len(GENDERS)), -math.inf).index_fill(1, torch.tensor(gender), 0.0)


@pytest.fixture
def gauges():
    """Of two statistics: pitch is the first, volume twice the second, speed always 3."""
    made = Gauges(2)
    made.weight_GS.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]))
    made.centre_S.copy_(torch.tensor([10.0, -4.0]))
    made.bias_G.copy_(torch.tensor([80.0, -30.0, 3.0]))
    made.mean_G.copy_(torch.tensor([80.0, -20.0, 3.0]))
    made.deviation_G.copy_(torch.tensor([4.0, 10.0, 1.0]))
    made.error_G.copy_(torch.tensor([2.0, 1.0, 0.5]))
    made.edges_CG2[:] = torch.tensor([[82.0, 88.0], [-25.0, -15.0], [2.0, 4.0]])
    made.edges_CG2[WOMEN, 0] = torch.tensor([92.0, 98.0])
    return made


def test_a_value_is_the_line_over_what_the_encoder_gives(gauges):
    assert gauges.values(torch.tensor([[15.0, -1.0]])).tolist() == [[85.0, -24.0, 3.0]]


def test_the_latent_is_in_the_training_part_s_deviations_and_its_noise_in_the_gauge_s_error(gauges):
    latent = gauges(torch.tensor([[15.0, -1.0], [10.0, -4.0]]))
    assert latent.mean_BTZ.tolist() == [
        [[pytest.approx(1.25), pytest.approx(-0.4), 0.0]], [[0.0, pytest.approx(-1.0), 0.0]]
    ]  # fmt: skip
    assert latent.std_BTZ[0, 0].tolist() == pytest.approx([0.5, 0.1, 0.5])
    assert latent.z_BTZ.equal(latent.mean_BTZ)


def test_the_level_is_the_one_between_whose_edges_the_value_lies(gauges):
    """85 semitones are between a man's 82 and 88, 1.5 errors from each, and below a woman's 92 by 3.5."""
    z = gauges(torch.tensor([[15.0, -1.0]])).z_BTZ.squeeze(1)
    pitch, volume, speed = gauges.levels(z, certainly(MEN))[0].exp().tolist()
    total = 1 + 2 * math.exp(-1.5)
    assert pitch == pytest.approx([math.exp(-1.5) / total, 1 / total, math.exp(-1.5) / total])
    assert volume.index(max(volume)) == 1 and volume[0] == pytest.approx(
        math.exp(-1) / (1 + math.exp(-1)), rel=1e-3
    )
    assert speed[0] == pytest.approx(speed[2]) and speed[1] > 0.7
    of_a_woman = gauges.levels(z, certainly(WOMEN))[0, 0].exp().tolist()
    assert of_a_woman[0] == pytest.approx(math.exp(3.5) / (math.exp(3.5) + 1 + math.exp(-6.5)))


def test_where_the_gender_is_open_both_genders_edges_count(gauges):
    z = gauges(torch.tensor([[15.0, -1.0]])).z_BTZ.squeeze(1)
    half = torch.full((1, len(GENDERS)), -math.inf)
    half[0, [MEN, WOMEN]] = math.log(0.5)
    mixed = gauges.levels(z, half).exp()
    apart = torch.stack([gauges.levels(z, certainly(gender)).exp() for gender in (MEN, WOMEN)])
    assert torch.allclose(mixed, apart.mean(dim=0), atol=1e-6)


def test_before_they_are_fitted_everything_is_in_the_middle():
    levels = Gauges(5).levels(torch.zeros(2, len(GAUGED)), certainly(MEN).expand(2, -1))
    assert (levels.argmax(dim=-1) == 1).all()
