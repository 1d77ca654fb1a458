from hypothesis import given
from hypothesis import strategies as st

from tonelens.training.order import batches_per_epoch, epoch_batches, share_of_rank

LENGTHS = st.dictionaries(st.text(min_size=1, max_size=5), st.floats(0.4, 60), min_size=1, max_size=80)


@given(LENGTHS, st.integers(1, 9), st.integers(0, 3))
def test_every_epoch_holds_every_clip_once_in_as_many_batches(durations, size, epoch):
    batches = epoch_batches(durations, size, seed=0, stage="asr", epoch=epoch)
    assert sorted(clip for batch in batches for clip in batch) == sorted(durations)
    assert len(batches) == batches_per_epoch(len(durations), size)
    assert sorted(map(len, batches), reverse=True)[:-1] == [size] * (len(batches) - 1)


def test_the_order_is_that_of_seed_stage_and_epoch_alone():
    durations = {f"c{number:02d}": 1.0 + number for number in range(40)}
    backwards = dict(reversed(durations.items()))
    first = epoch_batches(durations, 4, seed=0, stage="asr", epoch=0)
    assert first == epoch_batches(backwards, 4, seed=0, stage="asr", epoch=0)
    others = [("asr", 1, 0), ("ser-sed", 0, 0), ("asr", 0, 1)]
    for stage, epoch, seed in others:
        assert first != epoch_batches(durations, 4, seed=seed, stage=stage, epoch=epoch)


def test_clips_of_a_batch_have_similar_lengths():
    durations = {f"c{number:02d}": 1.0 + number for number in range(64)}  # one pool: sorted whole
    for batch in epoch_batches(durations, 4, seed=0, stage="asr", epoch=0):
        lengths = [durations[clip] for clip in batch]
        assert max(lengths) - min(lengths) == 3


@given(st.lists(st.text(), max_size=20), st.integers(1, 5))
def test_processes_share_a_batch_without_loss_or_repetition(batch, ranks):
    shares = [share_of_rank(batch, rank, ranks) for rank in range(ranks)]
    assert sorted(clip for share in shares for clip in share) == sorted(batch)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
