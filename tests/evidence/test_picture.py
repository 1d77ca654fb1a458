import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from tonelens.audio import SAMPLE_RATE, from_array
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.errors import StorageError
from tonelens.evidence.picture import Claim, EmphasisSpan, draw_explanation

SAID = synthesise(VoiceSpec(text="mani tosu", emphasis=(2,)))
AUDIO = from_array(SAID.samples, SAMPLE_RATE, name="a.wav")
SPAN = EmphasisSpan(float(SAID.onsets_s[2]), float(SAID.ends_s[2]), "tosu")
EMOTIONS = {"neutral": 0.125, "anger": 0.871, "calm": 0.004}
CLAIMS = [
    Claim("pitch", "high", "231 Hz", "supported"),
    Claim("speed", "slow", "5.2 syllables/s", "contradicted"),
    Claim("pauses", "few", "too short a clip", "not measurable"),
]


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw, and give the path of the picture and every text in it."""
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *args, **kwargs: (figures.append(self), save(self, *args, **kwargs))
    )

    def draw(f0_hz=SAID.f0_hz, spans=(SPAN,), probabilities=EMOTIONS, title="a.wav: anger", claims=CLAIMS):
        path = tmp_path / "a.png"
        draw_explanation(
            AUDIO, SAID.times_s, f0_hz, spans, probabilities, title=title, claims=claims, path=path
        )
        axes = figures[-1].axes
        texts = [text.get_text() for holder in (figures[-1], *axes) for text in holder.texts]
        return path, texts, axes

    return draw


def test_the_picture_is_a_png_of_1200_by_800_with_ink_on_it(drawn):
    path, _, _ = drawn()
    pixels = imread(path)
    assert pixels.shape[:2] == (800, 1200)
    dark = (pixels[..., :3].sum(axis=-1) < 2.5).mean()
    assert 0.03 < dark < 0.5


def test_the_same_explanation_gives_the_same_bytes(drawn):
    assert drawn()[0].read_bytes() == drawn()[0].read_bytes()


def test_the_chosen_emotion_is_marked_and_every_share_is_written(drawn):
    _, texts, _ = drawn()
    assert "▶ anger" in texts and "87 %" in texts
    assert "neutral" in texts and "12 %" in texts  # by hand: 12.5 rounds to the even number
    assert "calm" in texts and "< 1 %" in texts


def test_verdicts_are_told_by_sign_and_word(drawn):
    _, texts, _ = drawn()
    assert [text for text in texts if text in set("✓✗–")] == ["✓", "✗", "–"]
    assert {"supported", "contradicted", "not measurable", "231 Hz"} <= set(texts)


def test_pitch_is_drawn_in_hertz_on_a_logarithmic_axis_with_its_median_and_level(drawn):
    _, texts, axes = drawn()
    pitch = axes[1]
    assert pitch.get_yscale() == "log"
    contour = pitch.lines[-1].get_ydata()
    voiced = SAID.f0_hz > 0
    assert np.array_equal(contour[voiced], SAID.f0_hz[voiced]) and np.isnan(contour[~voiced]).all()
    assert f"dashed: median {np.median(SAID.f0_hz[voiced]):.0f} Hz; hatched: emphasised" in texts
    assert "pitch: high" in texts


def test_emphasis_is_shaded_in_both_panels_and_named(drawn):
    _, texts, axes = drawn()
    for panel in axes[:2]:
        hatched = [patch for patch in panel.patches if patch.get_hatch()]
        assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in hatched] == [
            pytest.approx((SPAN.start_s, SPAN.end_s))
        ]
    assert "tosu" in texts


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_a_recording_without_pitch_says_so(drawn, nothing):
    _, texts, _ = drawn(f0_hz=np.full_like(SAID.f0_hz, nothing), spans=())
    assert "no pitch found: nothing voiced" in texts


def test_what_does_not_fit_is_counted(drawn):
    _, texts, _ = drawn(probabilities={f"mood {n}": 1 / 14 for n in range(14)}, claims=CLAIMS * 4)
    assert "5 others" in texts and "36 %" in texts  # by hand: 5 / 14
    assert "and 6 more" in texts  # 12 claims, 6 of them shown


def test_names_may_hold_dollars_and_any_script(drawn):
    path, texts, _ = drawn(title="Gage $5 und $6 – 声.wav", claims=[Claim("a$b$", "$", "$x_$", "supported")])
    assert "Gage $5 und $6 – 声.wav" in texts
    assert path.is_file()


def test_a_folder_that_cannot_be_made_is_reported(drawn, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        draw_explanation(
            AUDIO,
            SAID.times_s,
            SAID.f0_hz,
            [],
            EMOTIONS,
            title="",
            claims=[],
            path=tmp_path / "file" / "a.png",
        )
