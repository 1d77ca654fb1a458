"""What is heard under a condition, of clips whose every sample is known."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from builders import synthetic_cuts
from tonelens.audio import SAMPLE_RATE
from tonelens.batching.channel import Channel, through
from tonelens.corpora.cuts import load_audio, speaker_of
from tonelens.errors import CorpusError, InputError
from tonelens.evaluation import conditions
from tonelens.evaluation.conditions import CLEAN, CONDITIONS, Hearing, conditions_named, mixed


@pytest.fixture(scope="module")
def cuts(tmp_path_factory):
    """Four speakers with six clips each."""
    return synthetic_cuts(tmp_path_factory.mktemp("conditions") / "corpus")


def spoken_by(cut, speaker):
    return replace(cut, supervisions=[replace(cut.supervisions[0], speaker=speaker)])


def heard(name, cut, cuts):
    return Hearing(CONDITIONS[name], cuts).samples(cut)


def test_the_conditions_are_those_of_the_tables():
    assert list(CONDITIONS) == [
        "clean", "white-20", "white-10", "white-0", "babble-20", "babble-10", "babble-0", "telephone",
        "opus-12k",
    ]  # fmt: skip
    assert [one.name for one in conditions_named(["telephone", "white-10", "telephone"])] == [
        "clean",
        "white-10",
        "telephone",
    ]
    assert conditions_named([]) == [CLEAN]
    assert conditions_named(["all"]) == list(CONDITIONS.values())


def test_an_unknown_condition_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="--condition pink-10: known are clean, white-20"):
        conditions_named(["pink-10", "clean"])


@pytest.mark.parametrize("name", ["white-20", "white-10", "white-0", "babble-20", "babble-10", "babble-0"])
def test_the_noise_has_the_level_of_the_name(cuts, name):
    clean = load_audio(cuts[0]).samples
    noisy = heard(name, cuts[0], cuts)
    assert noisy.shape == clean.shape
    snr_db = 10 * np.log10(np.mean(clean**2) / np.mean((noisy - clean) ** 2))
    assert snr_db == pytest.approx(int(name.split("-")[1]), abs=0.01)
    assert np.array_equal(noisy, heard(name, cuts[0], cuts)), "the same every time"


@pytest.mark.parametrize("noise", ["white", "babble"])
def test_levels_differ_in_nothing_but_the_level_and_clips_in_their_noise(cuts, noise):
    clean = load_audio(cuts[0]).samples
    quiet, loud = (heard(f"{noise}-{snr_db}", cuts[0], cuts) - clean for snr_db in (20, 0))
    assert np.allclose(loud, 10 * quiet, atol=1e-5)
    other = heard(f"{noise}-0", cuts[1], cuts) - load_audio(cuts[1]).samples
    shared = min(len(other), len(loud))
    assert abs(np.corrcoef(other[:shared], loud[:shared])[0, 1]) < 0.5


def test_babble_is_six_others_as_loud_as_each_other_and_never_the_speaker(cuts, monkeypatch):
    loaded = []

    def watched(cut):
        loaded.append(cut)
        return load_audio(cut)

    monkeypatch.setattr(conditions, "load_audio", watched)
    for cut in cuts[:4]:
        loaded.clear()
        heard("babble-0", cut, cuts)
        own, *voices = loaded
        assert own == cut
        assert len({voice.id for voice in voices}) == 6
        assert speaker_of(cut) not in {speaker_of(voice) for voice in voices}


def test_the_sum_of_the_voices_holds_each_of_them_equally(tmp_path):
    """Six others that each say one frequency, at very different levels and shorter than the clip."""
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE

    def written(name, frequencies_hz, level, seconds):
        tones = sum(np.sin(2 * np.pi * frequency_hz * time_s) for frequency_hz in frequencies_hz)
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.tile(level * tones, seconds), SAMPLE_RATE, subtype="FLOAT")
        return path

    (pattern,) = synthetic_cuts(tmp_path / "corpus", speakers=1, clips_per_speaker=1)[:1]

    def cut_of(number, path, seconds):
        recording = replace(
            pattern.recording,
            sources=[replace(pattern.recording.sources[0], source=str(path))],
            sampling_rate=SAMPLE_RATE,
            num_samples=seconds * SAMPLE_RATE,
            duration=float(seconds),
        )
        cut = replace(pattern, id=f"c{number}", recording=recording, start=0.0, duration=float(seconds))
        return spoken_by(cut, f"s{number}")

    clip = cut_of(0, written("clip", (50, 4000), 0.1, 3), 3)
    pitches_hz = [500 * number for number in range(1, 7)]
    others = [
        cut_of(number, written(f"v{number}", (pitch_hz, pitch_hz + 7), 0.3 / number**2, 1), 1)
        for number, pitch_hz in enumerate(pitches_hz, 1)
    ]
    babble = heard("babble-0", clip, [clip, *others]) - load_audio(clip).samples
    spectrum = np.abs(np.fft.rfft(babble))
    peaks = spectrum[[3 * pitch_hz for pitch_hz in pitches_hz]]
    assert peaks == pytest.approx(np.full(6, peaks.mean()), rel=0.02)


def test_a_voice_that_cannot_be_read_gives_way_to_another(cuts):
    def gone(cut):
        source = replace(cut.recording.sources[0], source="/nowhere/gone.wav")
        return replace(cut, recording=replace(cut.recording, sources=[source]))

    others = [cut for cut in cuts if speaker_of(cut) != speaker_of(cuts[0])]
    part = [cuts[0], *map(gone, others[:10]), *others[10:]]
    assert len(others) == 18
    assert np.isfinite(heard("babble-10", cuts[0], part)).all()
    with pytest.raises(CorpusError, match="babble needs 6 clips of other speakers, but 5 can be read"):
        heard("babble-10", cuts[0], [cuts[0], *map(gone, others[:13]), *others[13:]])


def test_babble_of_one_voice_or_of_unknown_ones_is_refused_before_anything_is_heard(cuts):
    alone = [cut for cut in cuts if speaker_of(cut) == speaker_of(cuts[0])]
    few = [*alone, *[cut for cut in cuts if cut not in alone][:5]]
    with pytest.raises(CorpusError, match="but the scored part has 5 beside those of synthetic-"):
        Hearing(CONDITIONS["babble-0"], few)
    with pytest.raises(CorpusError, match="the speaker of 1 of 24 clips is unknown"):
        Hearing(CONDITIONS["babble-0"], [spoken_by(cuts[0], None), *cuts[1:]])


def test_telephone_and_opus_are_channels_and_nothing_else(cuts):
    clean = load_audio(cuts[0]).samples
    telephone = heard("telephone", cuts[0], cuts)
    assert np.array_equal(telephone, through(clean, Channel(band="telephone", codec="g711")))
    power = np.abs(np.fft.rfft(telephone)) ** 2
    hertz = np.fft.rfftfreq(len(telephone), 1 / SAMPLE_RATE)
    assert power[hertz > 4100].sum() < 1e-4 * power.sum()
    opus = heard("opus-12k", cuts[0], cuts)
    assert opus.shape == clean.shape
    assert 0.5 < np.corrcoef(clean, opus)[0, 1] < 0.9999


def test_clean_is_the_clip_as_it_was_read(cuts):
    assert np.array_equal(heard("clean", cuts[0], cuts), load_audio(cuts[0]).samples)


def test_a_file_of_floats_holds_the_same_samples_beyond_full_scale(cuts, monkeypatch):
    hearing = Hearing(CONDITIONS["white-0"], cuts)
    loud = 3 * hearing.samples(cuts[0])
    monkeypatch.setattr(hearing, "samples", lambda cut: loud)
    samples, rate = soundfile.read(io.BytesIO(hearing.wav(cuts[0])), dtype="float32")
    assert rate == SAMPLE_RATE
    assert np.array_equal(samples, loud)


def test_a_part_of_a_recording_is_heard_as_that_part(cuts):
    part = replace(cuts[0], start=0.5, duration=1.0)
    assert len(heard("white-10", part, cuts)) == SAMPLE_RATE
    assert Path(part.recording.sources[0].source).is_file()


def test_noise_is_scaled_to_its_own_power():
    samples = np.array([1, -1, 1, -1], dtype=np.float32)
    noise = np.array([2.0, 2.0, -2.0, -2.0])
    assert mixed(samples, noise, 0.0) == pytest.approx([2, 0, 0, -2])
    assert mixed(samples, noise, 20.0) == pytest.approx([1.1, -0.9, 0.9, -1.1])
