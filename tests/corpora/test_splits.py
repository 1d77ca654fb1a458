"""Parts of a corpus: that voices are kept apart is proved on every split, never taken from its name."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonelens.corpora.cuts import emotion_of, fold_of, gender_of, speaker_of
from tonelens.corpora.splits import PARTS, PROTOCOLS, fold_numbers, prove, require_speaker_disjoint, split
from tonelens.errors import CorpusError

EMOTIONS = ("anger", "calm", "fear", "joy")


@pytest.fixture(scope="session")
def studio(cut):
    """Twelve actors, six of each gender, each with 3 clips of 4 emotions; fold f tests actors 3f-2 to 3f."""
    return [
        cut(
            f"toy-{actor:02d}-{emotion}-{take}",
            speaker=f"{actor:02d}",
            gender="male" if actor % 2 else "female",
            emotion=emotion,
            test_fold=(actor - 1) // 3 + 1,
        )
        for actor in range(1, 13)
        for emotion in EMOTIONS
        for take in range(3)
    ]


def speakers(parted, cuts, part):
    return {speaker_of(cut) for cut in parted.select(cuts, part)}


def test_emobox_tests_exactly_the_published_fold_and_takes_dev_by_speakers(studio):
    parted = split(studio, "emobox", fold=2)
    assert {fold_of(cut) for cut in parted.select(studio, "test")} == {2}
    assert speakers(parted, studio, "test") == {"toy-04", "toy-05", "toy-06"}
    dev = parted.select(studio, "dev")
    assert len(speakers(parted, studio, "dev")) == 2  # 9 training speakers: two are 22 %, one is 11 %
    assert Counter(gender_of(cut) for cut in dev) == {"male": 12, "female": 12}
    assert Counter(emotion_of(cut) for cut in dev) == dict.fromkeys(EMOTIONS, 6)
    assert parted.counts() == {"train": 84, "dev": 24, "test": 36}
    assert parted.speaker_disjoint and parted.overlapping_speakers == ()


def test_speaker_disjoint_folds_are_level_and_test_every_clip_once(studio):
    tested = []
    for fold in fold_numbers(studio, "speaker-disjoint", folds=3):
        parted = split(studio, "speaker-disjoint", fold=fold, folds=3)
        test = parted.select(studio, "test")
        assert parted.speaker_disjoint
        assert Counter(gender_of(cut) for cut in test) == {"male": 24, "female": 24}  # 4 actors of 12 clips
        tested += [cut.id for cut in test]
    assert sorted(tested) == sorted(cut.id for cut in studio)


def test_leave_speakers_out_has_one_fold_a_speaker_in_order_of_names(studio):
    assert fold_numbers(studio, "leave-speakers-out") == tuple(range(1, 13))
    assert speakers(split(studio, "leave-speakers-out", fold=7), studio, "test") == {"toy-07"}


def test_official_takes_the_parts_of_the_authors_whoever_speaks(cut):
    sizes = {"train": 5, "dev": 2, "test": 3}
    cuts = [cut(f"toy-{part}-{n}", speaker="x", part=part) for part in PARTS for n in range(sizes[part])]
    parted = split(cuts, "official", fold=1)  # there are no folds; recipes always name one
    assert {parted.parts[item.id] == item.custom["part"] for item in cuts} == {True}
    assert parted.counts() == sizes and parted.fold is None and not parted.speaker_disjoint
    assert parted.describe().startswith("Split official (5 train, 2 dev, 3 test): NOT speaker-disjoint")
    assert fold_numbers(cuts, "official") == ()
    assert split(cuts, "official", hold_out_dev=False).counts() == {"train": 7, "dev": 0, "test": 3}


def test_official_without_parts_names_the_way_out(cut):
    cuts = [cut("toy-a", part="train"), cut("toy-b")]
    with pytest.raises(CorpusError, match=r"1 of 2 clips have no official part \(toy\)\. Use emobox or"):
        split(cuts, "official")


def test_none_trains_on_everything(studio):
    parted = split(studio, "none")
    assert parted.counts() == {"train": 144, "dev": 0, "test": 0}
    assert fold_numbers(studio, "none") == ()
    assert "one part only" in parted.describe()


def test_random_must_be_allowed_and_never_counts_as_speaker_disjoint(studio):
    with pytest.raises(CorpusError, match="random split mixes the voices"):
        split(studio, "random", fold=1)
    parted = split(studio, "random", fold=1, allow_random=True)
    assert not parted.speaker_disjoint
    assert len(parted.overlapping_speakers) == 12
    assert parted.counts()["test"] == pytest.approx(144 / 5, abs=2)


def test_a_published_fold_that_shares_speakers_is_found_out(cut):
    cuts = [
        cut(f"toy-{speaker}-{n}", speaker=str(speaker), gender="male", test_fold=n % 2 + 1)
        for speaker in range(8)
        for n in range(4)
    ]
    parted = split(cuts, "emobox", fold=1)
    assert not parted.speaker_disjoint
    assert parted.overlapping_speakers == tuple(f"toy-{speaker}" for speaker in range(8))
    assert not speakers(parted, cuts, "dev") & speakers(parted, cuts, "train")
    assert "NOT speaker-disjoint: 8 speakers stand in more than one part" in parted.describe()


def test_overlapping_voices_are_refused_unless_allowed_and_then_every_report_says_so(cut):
    cuts = [cut(f"toy-{n}", speaker="x", test_fold=n % 2 + 1) for n in range(4)]
    parted = split(cuts, "emobox", fold=1)
    with pytest.raises(CorpusError, match=r"NOT speaker-disjoint: 1 speaker stands .*allow_speaker_overlap"):
        require_speaker_disjoint(parted)
    assert "NOT speaker-disjoint" in require_speaker_disjoint(parted, allow=True)


def test_a_clean_split_passes_and_gives_its_sentence(studio):
    sentence = require_speaker_disjoint(split(studio, "emobox", fold=1))
    assert (
        sentence
        == "Split emobox fold 1 (84 train, 24 dev, 36 test): no speaker stands in two parts (checked)."
    )


def test_unknown_speakers_are_refused_unless_allowed_and_never_proved_disjoint(cut):
    cuts = [cut(f"toy-{n}", emotion=EMOTIONS[n % 4], test_fold=n % 2 + 1) for n in range(20)]
    for protocol in ("emobox", "speaker-disjoint", "leave-speakers-out"):
        with pytest.raises(CorpusError, match="speaker of 20 of 20 clips is unknown"):
            split(cuts, protocol, fold=1)
    parted = split(cuts, "speaker-disjoint", fold=1, allow_unknown_speakers=True)
    assert not parted.speaker_disjoint and parted.unknown_speakers == 20
    assert "the speaker of 20 clips is unknown" in parted.describe()


def test_one_speaker_number_with_two_genders_stays_in_one_part(cut):
    cuts = [
        cut(f"ased-{n:02d}-{gender}", corpus="ased", speaker=f"{n:02d}", gender=gender)
        for n in range(10)
        for gender in ("male", "female")
    ]
    for fold in range(1, 6):
        parted = split(cuts, "speaker-disjoint", fold=fold)
        for n in range(10):
            assert parted.parts[f"ased-{n:02d}-male"] == parted.parts[f"ased-{n:02d}-female"]


def test_with_few_training_speakers_dev_shrinks_and_then_vanishes(cut):
    def dev_speakers(count):
        cuts = [cut(f"toy-{n}-{take}", speaker=str(n)) for n in range(count + 1) for take in range(4)]
        return len(speakers(split(cuts, "leave-speakers-out", fold=1), cuts, "dev"))

    assert [dev_speakers(count) for count in (2, 3, 5, 6, 8)] == [0, 1, 1, 2, 2]


def uneven(cut, sizes, genders="m"):
    """Speaker 00 to be tested, then one speaker for each size, in genders that repeat."""
    names = {"m": "male", "f": "female"}
    return [cut("toy-00-0", speaker="00", gender="male")] + [
        cut(f"toy-{n:02d}-{take}", speaker=f"{n:02d}", gender=names[genders[(n - 1) % len(genders)]])
        for n, size in enumerate(sizes, start=1)
        for take in range(size)
    ]


def test_dev_holds_two_speakers_even_where_one_alone_is_12_percent(cut):
    cuts = uneven(cut, [12, *[6] * 13, 5, 5])  # 100 training clips; the first speaker is dealt alone
    parted = split(cuts, "leave-speakers-out", fold=1)
    assert len(speakers(parted, cuts, "dev")) == 2


def test_dev_has_both_genders_although_a_male_lot_is_nearer_in_size(cut):
    cuts = uneven(cut, [23, 22, 21, 20, 19, 18, 10, 2], "fffmmmmm")
    # by hand: lots f23+m10, f22+m18, f21+m19 and m20+m2, the nearest to 12 % of 135 clips
    parted = split(cuts, "leave-speakers-out", fold=1)
    assert Counter(gender_of(cut) for cut in parted.select(cuts, "dev")) == {"female": 23, "male": 10}


@pytest.mark.parametrize("seed", range(6))
def test_one_large_speaker_is_balanced_by_all_the_small_ones(cut, seed):
    cuts = uneven(cut, [8, *[1] * 7])  # with speaker 00: 8 clips against 8
    parted = split(cuts, "speaker-disjoint", fold=1, folds=2, seed=seed, hold_out_dev=False)
    assert parted.counts() == {"train": 8, "dev": 0, "test": 8}


def test_dev_can_be_given_up_for_training(studio):
    parted = split(studio, "emobox", fold=2, hold_out_dev=False)
    assert parted.counts() == {"train": 108, "dev": 0, "test": 36}


def test_a_copy_of_a_test_clip_does_not_train(cut):
    cuts = [cut(f"toy-{n}", speaker=str(n), test_fold=1 if n < 2 else 2) for n in range(4)]
    cuts.append(cut("toy-copy", speaker="9", test_fold=2, duplicate_of="toy-0"))
    cuts.append(cut("toy-same", speaker="1", test_fold=1, duplicate_of="toy-1"))
    parted = split(cuts, "emobox", fold=1)
    assert parted.left_out == ("toy-copy",)
    assert parted.parts["toy-0"] == parted.parts["toy-same"] == "test"
    assert "1 left out as copies of held-out clips" in parted.describe()


def test_the_fingerprint_is_the_hash_of_the_sorted_parts(cut):
    cuts = [cut("toy-b", speaker="2"), cut("toy-a", speaker="1")]
    parted = split(cuts, "leave-speakers-out", fold=1)
    assert parted.parts == {"toy-a": "test", "toy-b": "train"}
    assert parted.fingerprint == hashlib.sha256(b"toy-a:test\ntoy-b:train\n").hexdigest()
    assert prove(cuts, "none", None, parted.parts).fingerprint == parted.fingerprint  # whatever the order
    assert parted.to_dict()["counts"] == {"train": 1, "dev": 0, "test": 1}


@pytest.mark.parametrize(
    ("protocol", "options", "message"),
    [
        ("emobocks", {"fold": 1}, "'emobocks' is no split protocol; there are emobox, speaker-disjoint"),
        ("emobox", {"fold": 5}, "folds 1 to 4, not 5"),
        ("emobox", {}, "folds 1 to 4, not None"),
        ("speaker-disjoint", {"fold": 1, "folds": 13}, "13 folds of 12 speakers: there must be 2 to 12"),
    ],
)
def test_a_protocol_or_fold_that_is_not_there_is_refused(studio, protocol, options, message):
    with pytest.raises(CorpusError, match=message):
        split(studio, protocol, **options)


def test_emobox_without_folds_names_the_way_out(cut):
    with pytest.raises(CorpusError, match=r"no folds for these clips \(toy\).*--emobox-folds"):
        split([cut("toy-a", speaker="1")], "emobox", fold=1)


ROSTERS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["male", "female", None])), min_size=2, max_size=14
)


@given(roster=ROSTERS, seed=st.integers(0, 5), data=st.data())
def test_whole_speakers_stay_together_whatever_the_corpus(cut, roster, seed, data):
    cuts = [
        cut(f"toy-{n:02d}-{take}", speaker=f"{n:02d}", gender=gender, emotion=EMOTIONS[take % 4])
        for n, (takes, gender) in enumerate(roster)
        for take in range(takes)
    ]
    folds = data.draw(st.integers(2, len(roster)))
    protocol = data.draw(st.sampled_from(["speaker-disjoint", "leave-speakers-out"]))
    fold = data.draw(st.sampled_from(fold_numbers(cuts, protocol, folds=folds)))
    parted = split(cuts, protocol, fold=fold, folds=folds, seed=seed)
    voices = [speakers(parted, cuts, part) for part in PARTS]
    assert sum(map(len, voices)) == len(roster) == len(set().union(*voices))
    assert parted.speaker_disjoint and parted.left_out == ()
    assert set(parted.parts) == {cut.id for cut in cuts}
    assert parted.counts()["train"] and parted.counts()["test"]
    assert parted == split(reversed(cuts), protocol, fold=fold, folds=folds, seed=seed)


def test_every_protocol_is_tried_above():
    assert PROTOCOLS == (
        "emobox",
        "speaker-disjoint",
        "leave-speakers-out",
        "official",
        "random",
        "none",
    )
