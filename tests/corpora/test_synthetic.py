import csv
from collections import defaultdict

import numpy as np
import pytest

from tonelens.audio import SAMPLE_RATE, level_dbfs, load
from tonelens.corpora.synthesiser import EMPHASIS_STRETCH, FRAME_S, VoiceSpec, synthesise
from tonelens.corpora.synthetic import EMOTIONS, SENTENCES, speakers_of, spoken_by, write_corpus

MONOTONE = {"range_st": 0.0, "slope_st": 0.0, "jitter": 0.0, "shimmer": 0.0}


def samples_of(utterance, syllable):
    begin = round(utterance.onsets_s[syllable] * SAMPLE_RATE)
    return utterance.samples[begin : round(utterance.ends_s[syllable] * SAMPLE_RATE)]


def test_the_same_seed_speaks_the_same_samples_and_another_does_not():
    spec = VoiceSpec()
    assert np.array_equal(synthesise(spec, 1).samples, synthesise(spec, 1).samples)
    assert not np.array_equal(synthesise(spec, 1).samples, synthesise(spec, 2).samples)


def test_a_voice_of_100_hz_repeats_every_160_samples():
    utterance = synthesise(VoiceSpec(text="a", f0_hz=100, rate_hz=1, breath=0, **MONOTONE))
    vowel = utterance.samples[6_000:14_000]
    correlation = {lag: np.corrcoef(vowel[:-lag], vowel[lag:])[0, 1] for lag in range(80, 241)}
    assert max(correlation, key=correlation.get) == 160
    assert correlation[160] > 0.999
    assert set(utterance.f0_hz) == {0.0, 100.0}


def test_the_level_is_that_of_the_syllables():
    utterance = synthesise(VoiceSpec(text="mani, tosu", pause_s=0.5, level_dbfs=-33))
    spoken = np.concatenate([samples_of(utterance, number) for number in range(4)])
    assert level_dbfs(spoken) == pytest.approx(-33, abs=0.05)
    assert level_dbfs(utterance.samples[:2_000]) < -33 - 45


def test_syllables_follow_the_rate_and_commas_pause():
    utterance = synthesise(VoiceSpec(text="mani, tosu", rate_hz=5, pause_s=0.3, edge_s=0.1, emphasis=(3,)))
    # By hand: 0.2 s each, 0.3 s between the words, the last one 1.4 times as long.
    assert utterance.onsets_s == pytest.approx([0.1, 0.3, 0.8, 1.0])
    assert utterance.ends_s == pytest.approx([0.3, 0.5, 1.0, 1.0 + 0.2 * EMPHASIS_STRETCH])
    assert len(utterance.samples) == round((utterance.ends_s[-1] + 0.1) * SAMPLE_RATE)
    assert len(utterance.f0_hz) * 160 == len(utterance.samples)


def test_there_is_no_pitch_in_pauses_and_voiceless_consonants():
    utterance = synthesise(VoiceSpec(text="sa, ma", rate_hz=2, pause_s=0.3))
    hiss, vowel, pause, hum = utterance.onsets_s[0], 0.45, utterance.ends_s[0], utterance.onsets_s[1]
    frames = [round((time + 0.03) / FRAME_S) for time in (hiss, vowel, pause, hum)]
    assert [bool(utterance.f0_hz[frame] > 0) for frame in frames] == [False, True, False, True]


def test_the_slope_is_in_semitones_from_beginning_to_end():
    utterance = synthesise(VoiceSpec(text="a", rate_hz=1, slope_st=-12, range_st=0))
    voiced = utterance.f0_hz[utterance.f0_hz > 0]
    assert voiced[0] / voiced[-1] == pytest.approx(2, rel=0.02)
    assert np.sqrt(voiced[0] * voiced[-1]) == pytest.approx(120, rel=0.02)


def test_an_emphasised_syllable_is_higher_louder_and_longer():
    spec = VoiceSpec(text="ma ma ma", emphasis=(1,), **MONOTONE)
    utterance = synthesise(spec)
    plain, strong = samples_of(utterance, 0), samples_of(utterance, 1)
    assert len(strong) == pytest.approx(1.4 * len(plain), abs=160)
    assert level_dbfs(strong) - level_dbfs(plain) == pytest.approx(6, abs=1)
    assert 12 * np.log2(utterance.f0_hz.max() / 120) == pytest.approx(5, abs=0.1)


def test_tilt_takes_its_decibels_off_at_3_khz():
    def slope_db(tilt_db):
        spec = VoiceSpec(text="a", f0_hz=100, rate_hz=1, breath=0, tilt_db=tilt_db, **MONOTONE)
        spectrum = np.abs(np.fft.rfft(synthesise(spec).samples[4_000:12_000]))  # 2 Hz a bin, 50 cycles
        return 20 * np.log10(spectrum[1_500] / spectrum[50])

    assert slope_db(0) - slope_db(12) == pytest.approx(12, abs=0.3)


@pytest.mark.parametrize(
    "wrong", [{"text": "hello"}, {"text": ""}, {"f0_hz": 5}, {"rate_hz": 0}, {"emphasis": (4,)}]
)
def test_what_cannot_be_spoken_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        VoiceSpec(**wrong)


def test_a_level_that_clips_is_refused():
    with pytest.raises(ValueError, match="clip"):
        synthesise(VoiceSpec(level_dbfs=-3))


@pytest.mark.parametrize("number", range(4))
def test_praat_hears_the_pitch_that_was_asked_for(number):
    parselmouth = pytest.importorskip("parselmouth")
    speaker = speakers_of(4)[number]
    utterance = synthesise(spoken_by(speaker, "happiness", SENTENCES[number], seed=number), seed=number)
    sound = parselmouth.Sound(utterance.samples.astype(float), SAMPLE_RATE)
    heard = sound.to_pitch_ac(time_step=0.01, pitch_floor=75, pitch_ceiling=600)
    heard_hz = heard.selected_array["frequency"]
    truth_hz = np.interp(heard.xs(), utterance.times_s, utterance.f0_hz)
    both = (heard_hz > 0) & (truth_hz > 60)
    assert both.sum() > 50
    assert np.median(np.abs(heard_hz[both] / truth_hz[both] - 1)) < 0.01
    assert np.median(heard_hz[heard_hz > 0]) == pytest.approx(
        np.median(utterance.f0_hz[utterance.f0_hz > 0]), rel=0.02
    )


def test_praat_hears_the_formants_of_a_man_and_longer_ones_of_a_shorter_tract():
    parselmouth = pytest.importorskip("parselmouth")
    for tract, ceiling_hz in ((1.0, 5_000), (1.17, 5_850)):
        vowel = synthesise(VoiceSpec(text="a", rate_hz=1, tract=tract, **MONOTONE)).samples[4_000:12_000]
        formants = parselmouth.Sound(vowel.astype(float), SAMPLE_RATE).to_formant_burg(
            maximum_formant=ceiling_hz
        )
        first, second = (formants.get_value_at_time(number, 0.25) for number in (1, 2))
        # Peterson & Barney 1952, men: 730 and 1090 Hz.
        assert (first, second) == pytest.approx((730 * tract, 1090 * tract), rel=0.06)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("corpus"), speakers=4, clips_per_speaker=12, seed=3)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return folder, list(csv.DictReader(file))


def test_every_row_of_the_corpus_is_a_readable_clip(corpus):
    folder, rows = corpus
    assert len(rows) == len({row["path"] for row in rows}) == 48
    assert {row["path"] for row in rows} == {f"audio/{path.name}" for path in (folder / "audio").iterdir()}
    durations_s = [load(folder / row["path"]).duration_s for row in rows]
    assert min(durations_s) > 1 and max(durations_s) < 6


def test_speakers_have_one_gender_and_one_fold(corpus):
    _, rows = corpus
    known = defaultdict(set)
    for row in rows:
        known[row["speaker"]].add((row["gender"], row["test_fold"]))
    assert known == {
        "s01": {("male", "1")},
        "s02": {("female", "1")},
        "s03": {("male", "2")},
        "s04": {("female", "2")},
    }


def test_words_do_not_leak_the_emotion(corpus):
    _, rows = corpus
    spoken = defaultdict(list)
    for row in rows:
        spoken[row["text"]].append(row["emotion"])
    for emotions in spoken.values():
        assert sorted(emotions) == sorted(list(EMOTIONS) * (len(emotions) // len(EMOTIONS)))


def test_emotions_differ_as_their_rules_say():
    speaker = speakers_of(1)[0]
    neutral, anger, sadness = (
        synthesise(spoken_by(speaker, emotion, SENTENCES[0], seed=5))
        for emotion in ("neutral", "anger", "sadness")
    )
    assert level_dbfs(anger.samples) > level_dbfs(neutral.samples) + 4 > level_dbfs(sadness.samples) + 8
    assert len(anger.samples) < len(neutral.samples) < len(sadness.samples)
    voiced = [np.median(said.f0_hz[said.f0_hz > 0]) for said in (sadness, neutral, anger)]
    assert voiced == sorted(voiced)
