"""Which clips are listened to, and what is written of them."""

from collections import Counter

import leakage
from builders import synthetic_cuts
from tonelens.corpora.cuts import speaker_of
from tonelens.evidence.leakage import Contrast, Leakage, Score
from tonelens.evidence.probe_scores import Spread
from tonelens.evidence.stream_rates import StreamRate


def test_so_many_clips_of_a_speaker_are_chosen_in_any_order(tmp_path, monkeypatch):
    monkeypatch.setattr(leakage, "OTHER_CORPUS", (2, 4))
    cuts = synthetic_cuts(tmp_path, speakers=3, clips_per_speaker=6)
    first = speaker_of(cuts[0])
    picked = leakage.chosen(cuts, {first})
    assert sorted(Counter(map(speaker_of, picked)).values()) == [2, 2, 4]
    assert Counter(map(speaker_of, picked))[first] == 4
    assert [cut.id for cut in picked] == [cut.id for cut in leakage.chosen(cuts[::-1], {first})]


def test_every_number_is_one_row_with_its_interval():
    spread, none = Spread(0.5, 0.25, 0.75, "speaker", 7), Spread(0.1, None, None, "speaker", 7)
    same = {"target": "f0", "probe": "linear", "metric": "r2", "n": 9}
    shown = {"unit": "semitones", "view": "content", "chance": 0.0}
    found = Leakage(
        scores=(
            Score(**same, **shown, spread=spread, is_shuffled=False),
            Score(**same, **shown, spread=none, is_shuffled=True),
        ),
        contrasts=(Contrast(**same, first="descriptor", second="content", spread=spread),),
        rates=(StreamRate(stream="content", nats_Z=(1.0, 0.001, 0.5)),),
        protocol="by hand",
        not_probed={},
    )
    rows = {(row.system, row.metric): row for row in leakage.figures_of(found, "m", "ravdess")}
    assert len(rows) == 5
    score = rows["m/content", "f0 linear r2"]
    assert (score.value, score.low, score.high, score.n) == (0.5, 0.25, 0.75, 9)
    assert rows["m/content", "shuffled f0 linear r2"].low is None
    assert rows["m/descriptor-content", "f0 linear r2"].value == 0.5
    assert rows["m/content", "nats a frame"].value == 1.501
    assert rows["m/content", "active dimensions"].value == 2
