"""Speech-like recordings made by the project itself, with everything about them known.

A source-filter synthesiser: glottal pulses with a given F0 contour, plus breath noise, go through five
formant resonators in series; consonants are nasal or lateral stretches, or bursts of filtered noise. It
sounds like a robot that speaks vowels, but pitch, level, pace, pauses and voice quality are exactly what
`VoiceSpec` says, so that measuring code can be tested against the truth.

Shapes    samples (N,) float32 at 16 kHz; f0_hz (N // 160,), one value per 10 ms frame.
Units     Hz, seconds, dBFS (RMS), semitones (st). Jitter and shimmer are the mean absolute difference of
          neighbouring cycles divided by the mean, as a fraction ("local" in Praat's terms).
Sources   pulse: Klatt & Klatt 1990, JASA 87(2), KLGLOTT88; formants in series and the tilt filter: Klatt
          1980, JASA 67(3); vowel formants: Peterson & Barney 1952, JASA 24(2), table II, men.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly, sosfilt

from tonelens.audio import SAMPLE_RATE, Samples

FRAME = 160
"""Samples per frame of the F0 contour: 10 ms."""
FRAME_S = FRAME / SAMPLE_RATE
OVERSAMPLING = 3
"""The pulse is drawn at this multiple of the rate, so that its sharp closing does not alias."""
OPEN_SHARE = 0.6
"""Part of each cycle in which the glottis is open."""
TREMOR_HZ = 5.5
EMPHASIS_ST, EMPHASIS_DB, EMPHASIS_STRETCH = 5.0, 6.0, 1.4
"""What an emphasised syllable gets: pitch, level and length."""
NOISE_FLOOR_DB = -55.0
"""Room noise relative to the speech; a recording without any is not natural."""

Array: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Phone:
    """How one sound is made."""

    formants_hz: tuple[float, float, float] | None = None
    """The first three resonances for a male tract; None takes those of the vowel that follows."""
    voice: float = 0.0
    """Amplitude of the voiced source, 0 for an unvoiced sound."""
    noise: float = 0.0
    """Amplitude of the noise, relative to a vowel."""
    noise_hz: float = 0.0
    burst: bool = False
    """A closure and then a short burst, rather than noise throughout."""


PHONES = {
    "a": Phone((730, 1090, 2440), voice=1.0),
    "e": Phone((530, 1840, 2480), voice=0.9),
    "i": Phone((270, 2290, 3010), voice=0.75),
    "o": Phone((570, 840, 2410), voice=0.95),
    "u": Phone((300, 870, 2240), voice=0.8),
    "m": Phone((250, 1000, 2200), voice=0.3),
    "n": Phone((250, 1600, 2600), voice=0.3),
    "l": Phone((360, 1200, 2700), voice=0.4),
    "s": Phone(noise=0.35, noise_hz=5800),
    "f": Phone(noise=0.12, noise_hz=3800),
    "t": Phone(noise=0.7, noise_hz=4200, burst=True),
    "k": Phone(noise=0.7, noise_hz=2000, burst=True),
    "p": Phone(noise=0.5, noise_hz=900, burst=True),
}
SYLLABLE = re.compile("[mnlsftkp]?[aeiou]")
TEXT = re.compile(r"(?:[mnlsftkp]?[aeiou])+(?:,? (?:[mnlsftkp]?[aeiou])+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceSpec:
    """What to say and how."""

    text: str = "mani tosu"
    """Words of syllables (a vowel of aeiou, before it at most one consonant of mnlsftkp); a comma pauses."""
    f0_hz: float = 120.0
    """Centre of the F0 contour, before slope, accents, tremor and emphasis."""
    range_st: float = 3.0
    """Semitones from the valley to the peak of each word's rise and fall."""
    slope_st: float = -2.0
    """Semitones from the beginning of the utterance to its end."""
    rate_hz: float = 4.0
    """Syllables per second, pauses not counted; an emphasised one takes 1.4 times as long."""
    pause_s: float = 0.25
    """Length of the silence at each comma."""
    level_dbfs: float = -26.0
    """RMS over the syllables, silences left out."""
    jitter: float = 0.004
    shimmer: float = 0.02
    breath: float = 0.01
    """RMS of the noise mixed into the glottal source, relative to the pulses."""
    tilt_db: float = 6.0
    """Attenuation at 3 kHz on top of the pulse's own: 0 is pressed, 20 is soft."""
    tremor_st: float = 0.0
    """Amplitude of a 5.5 Hz wavering of the pitch."""
    tract: float = 1.0
    """Factor on all formants: 1 is an average man, 1.17 an average woman."""
    emphasis: tuple[int, ...] = ()
    """Positions of the emphasised syllables, counted from 0."""
    edge_s: float = 0.15
    """Silence before and after."""

    def __post_init__(self) -> None:
        """Refuse what cannot be spoken."""
        if not TEXT.fullmatch(self.text):
            raise ValueError(f"text {self.text!r} is not made of syllables such as 'ma', 'to' and 'i'.")
        if not 40 <= self.f0_hz <= 600 or not 0.2 <= self.rate_hz <= 10:
            raise ValueError(
                f"f0_hz {self.f0_hz} and rate_hz {self.rate_hz} must lie in 40 to 600 and 0.2 to 10."
            )
        if any(not 0 <= position < len(self.syllables) for position in self.emphasis):
            raise ValueError(f"emphasis {self.emphasis} names a syllable that {self.text!r} does not have.")

    @property
    def syllables(self) -> list[str]:
        """`mani to` -> `["ma", "ni", "to"]`."""
        return SYLLABLE.findall(self.text)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A recording and the truth about it."""

    samples: Samples
    """(N,) float32 at 16 kHz."""
    f0_hz: Array
    """(N // 160,), 0 where unvoiced; frame i is the stretch from i * 10 ms to (i + 1) * 10 ms."""
    onsets_s: Array
    """(S,), where each syllable begins, its consonant included."""
    ends_s: Array
    """(S,), where each syllable ends."""
    text: str

    @property
    def times_s(self) -> Array:
        """(N // 160,), the middle of each frame of `f0_hz`."""
        return (np.arange(len(self.f0_hz)) + 0.5) * FRAME_S


@dataclass(frozen=True, slots=True)
class _Score:
    """The utterance laid out in frames, before any sample is made. All arrays have one row per frame."""

    first: NDArray[np.int64]  # per syllable
    end: NDArray[np.int64]  # per syllable
    formants_hz: Array  # (F, 3)
    voice: Array
    semitones: Array
    speaking: NDArray[np.bool_]


def synthesise(spec: VoiceSpec, seed: int = 0) -> Utterance:
    """Speak `spec`. The same spec and seed give the same samples.

    Raises:
        ValueError: the level is so high that the recording would clip.
    """
    rng = np.random.default_rng(seed)
    score = _lay_out(spec)
    f0_hz = spec.f0_hz * 2 ** (score.semitones / 12)
    source = _glottal_source(spec, f0_hz, rng) * _per_sample(score.voice)
    speech = _formant_filter(spec, score, source)
    speaking = np.repeat(score.speaking, FRAME)
    speech /= np.sqrt(np.mean(speech[speaking] ** 2))
    speech += _consonant_noise(spec, score, rng)
    speech /= np.sqrt(np.mean(speech[speaking] ** 2))
    speech += 10 ** (NOISE_FLOOR_DB / 20) * rng.standard_normal(len(speech))
    speech *= 10 ** (spec.level_dbfs / 20)
    if np.abs(speech).max() >= 1:
        raise ValueError(f"level_dbfs {spec.level_dbfs} makes this voice clip. Choose a lower level.")
    return Utterance(
        samples=speech.astype(np.float32),
        f0_hz=np.where(score.voice > 0.02, f0_hz, 0.0),
        onsets_s=score.first * FRAME_S,
        ends_s=score.end * FRAME_S,
        text=spec.text,
    )


def _lay_out(spec: VoiceSpec) -> _Score:
    lengths_s = np.full(len(spec.syllables), 1 / spec.rate_hz)
    lengths_s[list(spec.emphasis)] *= EMPHASIS_STRETCH
    words = spec.text.replace(",", " ,").split()
    pauses_s = np.zeros(len(lengths_s))
    word_of: list[int] = []
    for number, word in enumerate(words):
        if word == ",":
            pauses_s[len(word_of)] = spec.pause_s
        else:
            word_of += [number] * len(SYLLABLE.findall(word))
    ends_s = spec.edge_s + np.cumsum(lengths_s + pauses_s)
    end = np.round(ends_s / FRAME_S).astype(np.int64)
    first = np.round((ends_s - lengths_s) / FRAME_S).astype(np.int64)

    frames = int(end[-1]) + round(spec.edge_s / FRAME_S)
    formants_hz = np.tile(np.array([500.0, 1500.0, 2500.0]), (frames, 1))  # a tract at rest
    voice = np.zeros(frames)
    speaking = np.zeros(frames, dtype=np.bool_)
    semitones = np.zeros(frames)
    for position, syllable in enumerate(spec.syllables):
        start, stop = int(first[position]), int(end[position])
        vowel = start + (_consonant_frames(stop - start) if len(syllable) > 1 else 0)
        loudness = 10 ** (EMPHASIS_DB / 20) if position in spec.emphasis else 1.0
        for phone, part in ((syllable[0], slice(start, vowel)), (syllable[-1], slice(vowel, stop))):
            formants_hz[part.start :] = PHONES[phone].formants_hz or PHONES[syllable[-1]].formants_hz
            voice[part] = PHONES[phone].voice * loudness
        speaking[start:stop] = True
        if position in spec.emphasis:
            semitones[start:stop] += EMPHASIS_ST * np.hanning(stop - start + 2)[1:-1]
    semitones += _intonation(spec, first, end, np.array(word_of), frames)
    unvoiced = voice == 0
    voice = np.where(unvoiced, 0.0, _smooth(voice, 3))
    return _Score(first, end, _smooth(formants_hz, 7), voice, semitones, speaking)


def _consonant_frames(frames: int) -> int:
    return min(11, max(4, round(0.3 * frames)))


def _intonation(
    spec: VoiceSpec, first: NDArray[np.int64], end: NDArray[np.int64], word_of: NDArray[np.int64], frames: int
) -> Array:
    """Semitones per frame: a straight slope, a rise and fall over each word, and tremor."""
    frame = np.arange(frames)
    along = np.clip((frame - first[0]) / (end[-1] - first[0]), 0, 1)
    semitones = spec.slope_st * (along - 0.5)
    for word in np.unique(word_of):
        start, stop = int(first[word_of == word][0]), int(end[word_of == word][-1])
        within = np.arange(stop - start) / (stop - start)
        semitones[start:stop] -= spec.range_st / 2 * np.cos(2 * np.pi * within)
    return np.asarray(semitones + spec.tremor_st * np.sin(2 * np.pi * TREMOR_HZ * frame * FRAME_S))


def _glottal_source(spec: VoiceSpec, f0_hz: Array, rng: np.random.Generator) -> Array:
    """Derivative of the glottal flow, RMS about 1, with breath noise and tilt, at 16 kHz."""
    count = len(f0_hz) * FRAME
    step_s = 1 / (SAMPLE_RATE * OVERSAMPLING)
    time_s = np.arange(count * OVERSAMPLING) * step_s
    cycles = np.cumsum(np.repeat(f0_hz, FRAME * OVERSAMPLING)) * step_s
    starts_s = np.interp(np.arange(int(cycles[-1]) + 2), cycles, time_s)
    # Neighbours that differ by independent normal errors of this spread differ by `jitter` on average.
    spread = np.sqrt(np.pi) / 2
    periods_s = np.diff(starts_s) * (1 + spread * spec.jitter * rng.standard_normal(len(starts_s) - 1))
    starts_s = starts_s[0] + np.concatenate([[0.0], np.cumsum(periods_s)])
    phase = np.interp(time_s, starts_s, np.arange(len(starts_s)))
    gain = 1 + spread * spec.shimmer * rng.standard_normal(len(starts_s))
    within = (phase % 1) / OPEN_SHARE
    pulse = np.where(within < 1, 2 * within - 3 * within**2, 0.0) * gain[phase.astype(np.int64)]
    pulse = resample_poly(pulse, 1, OVERSAMPLING)
    pulse /= np.sqrt(np.mean(pulse**2))
    return np.asarray(_tilted(pulse + spec.breath * rng.standard_normal(count), spec.tilt_db))


def _tilted(source: Array, tilt_db: float) -> Array:
    """One-pole low-pass that takes `tilt_db` off at 3 kHz and nothing at 0 Hz."""
    if tilt_db <= 0:
        return source
    power = 10 ** (-tilt_db / 10)
    middle = 1 - power * np.cos(2 * np.pi * 3000 / SAMPLE_RATE)
    pole = (middle - np.sqrt(middle**2 - (1 - power) ** 2)) / (1 - power)
    return np.asarray(lfilter([1 - pole], [1, -pole], source))


def _formant_filter(spec: VoiceSpec, score: _Score, source: Array) -> Array:
    """Five resonators in series, their frequencies set anew in each frame, state carried over."""
    frames = len(score.voice)
    high = np.tile([3500.0, 4500.0], (frames, 1))
    centre_hz = np.minimum(spec.tract * np.hstack([score.formants_hz, high]), 7200.0)
    bandwidth_hz = 50 + 0.04 * centre_hz
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE)
    a1 = -2 * radius * np.cos(2 * np.pi * centre_hz / SAMPLE_RATE)
    a2 = radius**2
    zero = np.zeros_like(a1)
    sections = np.stack([1 + a1 + a2, zero, zero, zero + 1, a1, a2], axis=-1)  # (F, 5, 6), gain 1 at 0 Hz
    state = np.zeros((5, 2))
    output = np.empty_like(source)
    for frame in range(frames):
        part = slice(frame * FRAME, (frame + 1) * FRAME)
        output[part], state = sosfilt(sections[frame], source[part], zi=state)
    return output


def _consonant_noise(spec: VoiceSpec, score: _Score, rng: np.random.Generator) -> Array:
    """Fricatives and bursts, relative to voiced speech of RMS 1."""
    noise = np.zeros(len(score.voice) * FRAME)
    for syllable, first, end in zip(spec.syllables, score.first, score.end, strict=True):
        phone = PHONES[syllable[0]]
        if phone.noise == 0:
            continue
        stop = int(first + _consonant_frames(int(end - first))) * FRAME
        start = stop - 3 * FRAME if phone.burst else int(first) * FRAME
        hiss = rng.standard_normal(stop - start) * np.hanning(stop - start)
        radius = np.exp(-np.pi * 1200 / SAMPLE_RATE)
        angle = 2 * np.pi * min(phone.noise_hz * spec.tract, 7000) / SAMPLE_RATE
        hiss = lfilter([1, 0, -1], [1, -2 * radius * np.cos(angle), radius**2], hiss)
        noise[start:stop] = phone.noise * hiss / np.sqrt(np.mean(hiss**2))
    return noise


def _per_sample(per_frame: Array) -> Array:
    middle = (np.arange(len(per_frame)) + 0.5) * FRAME
    return np.asarray(np.interp(np.arange(len(per_frame) * FRAME), middle, per_frame))


def _smooth(track: Array, width: int) -> Array:
    """Moving average along axis 0 with a Hann window of `width` frames (odd), edges held."""
    window = np.hanning(width + 2)[1:-1]
    columns = track.reshape(len(track), -1)
    padded = np.pad(columns, ((width // 2, width // 2), (0, 0)), mode="edge")
    smooth = [np.convolve(column, window / window.sum(), mode="valid") for column in padded.T]
    return np.stack(smooth, axis=1).reshape(track.shape)
