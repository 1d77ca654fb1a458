import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tonelens.audio import MAX_DURATION_S, SAMPLE_RATE, from_array, level_dbfs, load, pure_tone_hz
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.errors import AudioError

SPEECH = synthesise(VoiceSpec(text="mani tosu")).samples


def sine(duration_s: float, frequency_hz: float = 440.0, rate: int = SAMPLE_RATE) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * rate)) / rate)).astype("f4")


def wav(samples: np.ndarray, rate: int = SAMPLE_RATE, subtype: str = "PCM_16", kind: str = "WAV") -> bytes:
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format=kind, subtype=subtype)
    return content.getvalue()


def refusal(source: str | Path | bytes, **part: float) -> AudioError:
    with pytest.raises(AudioError) as caught:
        load(source, **part)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and "object at" not in message
    return caught.value


def test_a_recording_comes_as_mono_float_at_16_khz(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(SPEECH))
    audio = load(path)
    assert audio.samples.dtype == np.float32 and audio.samples.flags.c_contiguous
    assert np.abs(audio.samples - SPEECH).max() < 1 / 32767  # 16 bits
    assert audio.duration_s == len(SPEECH) / 16_000
    assert audio.source == str(path)
    assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load(path.read_bytes()).sha256 == audio.sha256


@pytest.mark.parametrize("name", ["mit Leerzeichen.wav", "Stimme – голос 声.wav", "-.wav", "a.raw", "noext"])
def test_any_file_name_will_do(tmp_path, name):
    (tmp_path / name).write_bytes(wav(SPEECH))
    if name.endswith(".raw"):
        assert "not a readable recording" in str(refusal(tmp_path / name))
    else:
        assert len(load(tmp_path / name).samples) == len(SPEECH)


@pytest.mark.parametrize(
    "kind, subtype", [("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("AIFF", "FLOAT")]
)
def test_other_formats_are_read(kind, subtype):
    audio = load(wav(SPEECH, subtype=subtype, kind=kind))
    assert len(audio.samples) == len(SPEECH)
    assert abs(level_dbfs(audio.samples) - level_dbfs(SPEECH)) < 0.5


def test_eight_bits_are_converted():
    audio = load(wav(SPEECH, subtype="PCM_U8"))
    assert np.abs(audio.samples - SPEECH).max() <= 1 / 127


def test_96_khz_is_resampled():
    fast = np.repeat(SPEECH, 6)  # a staircase; its images above 8 kHz must go
    audio = load(wav(fast, rate=96_000, subtype="FLOAT"))
    assert len(audio.samples) == len(SPEECH)
    assert abs(level_dbfs(audio.samples) - level_dbfs(SPEECH)) < 0.5


def test_stereo_is_averaged():
    both = np.stack([SPEECH, np.zeros_like(SPEECH)], axis=1)
    assert np.array_equal(load(wav(both, subtype="FLOAT")).samples, SPEECH / 2)


def test_a_part_is_cut_out_to_the_sample():
    audio = load(wav(SPEECH, subtype="FLOAT"), start_s=0.25, end_s=1.0)
    assert np.array_equal(audio.samples, SPEECH[4_000:16_000])


@pytest.mark.parametrize("start_s, end_s", [(-0.1, 1.0), (1.0, 0.5), (0.5, 99.0), (float("nan"), 1.0)])
def test_a_part_outside_the_recording_is_refused(start_s, end_s):
    assert "lies outside" in str(refusal(wav(SPEECH), start_s=start_s, end_s=end_s))


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    error = refusal(tmp_path / "a.wav")
    assert error.reason == "empty" and "0 bytes" in str(error)
    assert "holds no samples" in str(refusal(wav(SPEECH[:0])))


def test_text_named_wav_is_refused(tmp_path):
    (tmp_path / "a.wav").write_text("Kids are talking by the door.\n" * 50)
    assert refusal(tmp_path / "a.wav").reason == "unreadable"


@pytest.mark.parametrize(
    "kind, size", [("WAV", 20), ("WAV", 40), ("FLAC", 20), ("FLAC", 60), ("FLAC", 9_000)]
)
def test_a_truncated_file_is_refused(kind, size):
    content = wav(SPEECH, kind=kind)
    assert len(content) > size
    assert refusal(content[:size]).reason in {"unreadable", "empty"}


@pytest.mark.parametrize("rate", [0, 12, 2_000_000_000])
def test_a_damaged_sample_rate_is_refused(rate):
    content = bytearray(wav(SPEECH))
    content[24:28] = rate.to_bytes(4, "little")  # the rate's place in a WAV header
    assert refusal(bytes(content)).reason == "unreadable"
    with pytest.raises(AudioError, match=f"a sample rate of {rate} Hz"):
        from_array(SPEECH, rate)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(wrong):
    samples = SPEECH.copy()
    samples[100:103] = wrong
    error = refusal(wav(samples, subtype="FLOAT"))
    assert error.reason == "not-finite" and "3 samples" in str(error)


def test_opposite_infinities_in_two_channels_are_refused():
    both = np.stack([SPEECH, SPEECH], axis=1)
    both[5] = [np.inf, -np.inf]
    assert refusal(wav(both, subtype="FLOAT")).reason == "not-finite"


def test_integers_given_as_floats_are_refused():
    with pytest.raises(AudioError, match="full scale is 1") as caught:
        from_array(SPEECH * 32768, SAMPLE_RATE)
    assert caught.value.reason == "out-of-range"


def test_a_tenth_of_a_second_is_refused():
    error = refusal(wav(SPEECH[4_000:5_600]))
    assert error.reason == "too-short" and "0.10 s" in str(error)


@pytest.mark.parametrize(
    "silence", [np.zeros(16_000, "f4"), np.full(16_000, 0.25, "f4")], ids=["zeros", "offset"]
)
def test_silence_is_refused(silence):
    assert refusal(wav(silence)).reason == "silent"


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "FLOAT"])
@pytest.mark.parametrize("duration_s", [0.4, 3.0, 59.9997])  # the last is a prime number of samples
def test_a_pure_tone_is_refused(duration_s, subtype):
    error = refusal(wav(sine(duration_s), subtype=subtype))
    assert error.reason == "tone" and "440 Hz" in str(error)


@pytest.mark.parametrize("text", ["a", "e", "i", "o", "u", "mu"])
@pytest.mark.parametrize("f0_hz", [100.0, 220.0, 300.0, 550.0])
def test_a_monotone_vowel_is_not_called_a_tone(text, f0_hz):
    flat = VoiceSpec(
        text=text, f0_hz=f0_hz, rate_hz=0.5, range_st=0, slope_st=0, jitter=0, shimmer=0, tilt_db=20
    )
    assert pure_tone_hz(synthesise(flat).samples) is None


def test_a_voice_over_a_constant_offset_is_not_called_a_tone():
    assert pure_tone_hz(0.01 * SPEECH + np.float32(0.5)) is None


def test_half_an_hour_is_refused_without_decoding_it(tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(8_000 * 1_800, "i2"), 8_000)
    monkeypatch.delattr(soundfile.SoundFile, "read")
    error = refusal(path)
    assert error.reason == "too-long" and "1800 s" in str(error)


def test_a_part_of_a_long_recording_is_explained(tmp_path):
    path = tmp_path / "long.wav"
    long = np.zeros(int(2 * MAX_DURATION_S) * SAMPLE_RATE, "f4")
    long[100 * SAMPLE_RATE :][: len(SPEECH)] = SPEECH
    soundfile.write(path, long, SAMPLE_RATE)
    assert load(path, start_s=100, end_s=101).duration_s == 1.0


def test_a_missing_path_is_named(tmp_path):
    error = refusal(tmp_path / "nobody.wav")
    assert error.reason == "missing" and "nobody.wav" in str(error)


def test_what_cannot_be_opened_is_refused(tmp_path, monkeypatch):
    assert "directory" in str(refusal(tmp_path))
    assert refusal("a\0b.wav").reason == "unreadable"

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # permissions do not bind root
    assert "Permission denied" in str(refusal(tmp_path / "a.wav"))


@pytest.mark.parametrize("dtype, scale", [("i2", 2**15), ("i4", 2**31), ("f8", 1)])
def test_arrays_of_any_width_agree(dtype, scale):
    array = (SPEECH.astype("f8") * scale * (1 - 1e-9)).astype(dtype)
    assert np.abs(from_array(array, SAMPLE_RATE).samples - SPEECH).max() <= 1 / 2**15


def test_unsigned_bytes_are_centred():
    # By hand: 128 is zero, 0 is -1, 192 is one half.
    array = np.tile(np.array([128, 0, 192, 128], "u1"), 4_000)
    assert from_array(array, SAMPLE_RATE).samples[:4].tolist() == [0.0, -1.0, 0.5, 0.0]


@pytest.mark.parametrize("shape", [(), (0,), (2, 16_000), (4, 4, 4)])
def test_arrays_of_other_shapes_are_refused(shape):
    with pytest.raises(AudioError, match="shape"):
        from_array(np.zeros(shape, "f4"), SAMPLE_RATE)


def test_levels_of_known_signals():
    assert level_dbfs(np.ones(100, "f4")) == 0.0
    assert level_dbfs(np.full(100, 0.1, "f4")) == pytest.approx(-20.0, abs=1e-4)
    assert level_dbfs(sine(1.0) / np.float32(0.3)) == pytest.approx(-3.0103, abs=1e-3)
    assert level_dbfs(np.zeros(100, "f4")) == -200.0


@pytest.mark.corpus
def test_real_speech_is_never_called_a_tone(shared):
    for corpus in sorted((shared / "corpora").iterdir()):
        for path in sorted((corpus / "audio").glob("*"))[::200] if corpus.is_dir() else []:
            assert load(path).duration_s > 0, path
