"""Distillation as a whole: what comes out, that it learns, that it can be killed, what it refuses."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from builders import WIDTH
from tonelens.config import with_settings
from tonelens.corpora.cuts import load_audio
from tonelens.errors import AudioError, ConfigError, CorpusError, ModelError, RunError
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.storage import read_jsonl
from tonelens.training.distil import distil, rate_of
from tonelens.training.distil_config import DistilConfig
from tonelens.training.distil_student import Student

SMALL = [
    "width=16", "layers=2", "heads=2", "feedforward=24", "batch_size=4", "crop_s=1.0", "dev_share=0.2",
    "dev_every=4", "rate=5e-3",
]  # fmt: skip


def small(*changes):
    return with_settings(DistilConfig, [*SMALL, *changes])


@pytest.fixture(scope="module")
def distilled(tmp_path_factory, cuts, encoder_folder, cache):
    """`distilled("steps=8")` is the folder of that run, made once."""
    made = {}

    def run(*changes):
        if changes not in made:
            out = tmp_path_factory.mktemp("student") / "out"
            made[changes] = distil(small(*changes), str(encoder_folder), cuts, out, cache=cache)
        return made[changes]

    return run


def rows(out, kind):
    return [row for row in read_jsonl(out / "metrics.jsonl") if row["kind"] == kind]


def test_the_student_loads_as_an_encoder_and_gives_what_was_trained(distilled, cuts):
    out = distilled("steps=8")
    encoder = SpeechEncoder.from_pretrained(str(out))
    assert (encoder.family, encoder.layers, encoder.width, encoder.longest_s) == ("whisper", 3, 16, 30.0)
    student = Student(small(), 2, WIDTH).eval()
    student.body.load_state_dict({k: v.float() for k, v in load_file(out / "model.safetensors").items()})
    clip = load_audio(cuts[0]).samples
    frames = len(clip) // 320
    with torch.no_grad():
        states = student.states(student.heard(clip, 0, frames).unsqueeze(0), [0])
    loaded = encoder.encode([clip])[0]
    assert len(loaded) == frames
    for layer in range(2):
        assert torch.allclose(loaded[:, layer + 1], states[layer][0], atol=1e-5)


def test_the_student_is_float16_and_brings_no_heads(distilled):
    weights = load_file(distilled("steps=8") / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    assert not [name for name in weights if "heads" in name]
    assert "conv1.weight" in weights and "layers.1.fc2.bias" in weights


def test_the_held_out_loss_falls(distilled):
    out = distilled("steps=60", "average_decay=0.5")
    losses = [row["loss"] for row in rows(out, "dev")]
    assert len(losses) == 15, "every 4 steps"
    assert losses[-1] < 0.8 * losses[0]
    last = rows(out, "dev")[-1]
    assert last["frames"] == pytest.approx((last["layer_1"] + last["layer_2"]) / 2, abs=1e-5)
    assert last["loss"] == pytest.approx(last["frames"] + last["clips"], abs=1e-5), "clip_weight is 1"


def test_a_waveform_student_is_a_hubert_of_the_same_frames(distilled, cuts):
    encoder = SpeechEncoder.from_pretrained(str(distilled("steps=3", "student=hubert")))
    assert (encoder.family, encoder.layers, encoder.width) == ("hubert", 3, 16)
    assert encoder.normalise_wave, "as in training"
    clip = load_audio(cuts[0]).samples
    assert len(encoder.encode([clip])[0]) == (len(clip) - 400) // 320 + 1


@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_a_killed_distillation_ends_with_the_same_bits(
    kind, distilled, cuts, encoder_folder, cache, tmp_path
):
    settings = ("steps=6", f"student={kind}")
    whole, out = distilled(*settings), tmp_path / "killed"
    corpus = Path(cuts[0].recording.sources[0].source).parents[1]
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": str(here.parent), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    script = [sys.executable, here / "killed_distillation.py"]
    ended = subprocess.run(
        [*map(str, [*script, corpus, encoder_folder, out, cache, 4]), *SMALL, *settings],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    assert SpeechEncoder.from_pretrained(str(out)).layers == 3, "a student exists at any moment"
    distil(small(*settings), str(encoder_folder), cuts, out, resume=True, cache=cache)
    for name in ("config.json", "model.safetensors"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    losses = [[row["loss"] for row in rows(folder, "step")] for folder in (out, whole)]
    assert len(losses[0]) == 6 and losses[0] == losses[1]


def test_nobody_s_label_text_or_voice_matters(distilled, cuts, encoder_folder, cache, tmp_path):
    bare = []
    for cut in cuts:
        said = dataclasses.replace(
            cut.supervisions[0], text=None, speaker=None, gender=None, custom={"emotion": "x"}
        )
        bare.append(dataclasses.replace(cut, supervisions=[said]))
    out = distil(small("steps=6"), str(encoder_folder), bare, tmp_path / "out", cache=cache)
    whole = distilled("steps=6", "student=whisper")
    assert (out / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_only_the_chosen_layers_are_predicted(distilled):
    row = rows(distilled("steps=2", "teacher_layers='2'"), "step")[0]
    assert "layer_2" in row and "layer_1" not in row


def test_the_rate_rises_and_falls():
    config = with_settings(DistilConfig, ["steps=100", "rate=1.0", "warmup_share=0.2"])
    assert rate_of(config, 0) == pytest.approx(0.05)
    assert rate_of(config, 20) == pytest.approx(1.0)
    assert rate_of(config, 60) == pytest.approx(0.5), "half way down the cosine"
    assert rate_of(config, 99) < 1e-3


class TestRefusals:
    def begin(self, cuts, encoder_folder, out, config=None, **options):
        distil(config or small("steps=2"), str(encoder_folder), cuts, out, **options)

    def test_another_run_s_folder(self, distilled, cuts, encoder_folder):
        out = distilled("steps=8")
        with pytest.raises(RunError, match="Add --resume"):
            self.begin(cuts, encoder_folder, out)
        with pytest.raises(RunError, match=r"different: settings"):
            self.begin(cuts, encoder_folder, out, resume=True)
        config = small("steps=8")
        with pytest.raises(RunError, match=r"different: clips"):
            self.begin(cuts[1:], encoder_folder, out, resume=True, config=config)

    def test_clips_named_twice_and_clips_too_long(self, cuts, encoder_folder, tmp_path):
        with pytest.raises(CorpusError, match="1 clips stand in more than one"):
            self.begin([*cuts, cuts[0]], encoder_folder, tmp_path / "out")
        long = dataclasses.replace(cuts[0], duration=5.5)
        with pytest.raises(CorpusError, match="longer than the 5 s"):
            self.begin([long], encoder_folder, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_no_clip_left_to_train_on(self, cuts, encoder_folder, tmp_path, cache):
        config = small("dev_share=0.999999")
        with pytest.raises(CorpusError, match="all are held out"):
            self.begin(cuts[:2], encoder_folder, tmp_path / "out", config=config)

    @pytest.mark.parametrize("layers", ["3", "1,x", "-1", ""])
    def test_layers_that_the_teacher_has_not(self, layers, cuts, encoder_folder, tmp_path):
        config = small(f"teacher_layers='{layers}'")
        with pytest.raises(ConfigError, match="hidden states 0 to 2"):
            self.begin(cuts, encoder_folder, tmp_path / "o", config=config)

    def test_no_teacher(self, cuts, tmp_path):
        with pytest.raises(ModelError, match="no speech encoder"):
            self.begin(cuts, tmp_path / "nothing", tmp_path / "out")

    def test_a_clip_that_is_gone(self, cuts, encoder_folder, tmp_path):
        sources = cuts[0].recording.sources
        gone = dataclasses.replace(sources[0], source=str(tmp_path / "gone.wav"))
        recording = dataclasses.replace(cuts[0].recording, sources=[gone])
        lost = dataclasses.replace(cuts[0], recording=recording)
        with pytest.raises(AudioError, match="gone.wav|" + cuts[0].id):
            self.begin([lost], encoder_folder, tmp_path / "out")

    @pytest.mark.parametrize(
        "setting",
        [
            "steps=0",
            "width=30",
            "crop_s=0.1",
            "dev_share=1.0",
            "change_share=1.5",
            "student=wavlm",
            "stepz=1",
        ],
    )
    def test_settings_that_break_their_rule(self, setting):
        with pytest.raises(ConfigError, match=setting.split("=")[0]):
            small(setting)


def test_defaults_make_a_student_of_under_eight_megabytes():
    weights = Student(DistilConfig(), 4, 384).body.state_dict()
    assert 2 * sum(tensor.numel() for tensor in weights.values()) < 8e6
    assert np.prod(weights["embed_positions.weight"].shape) == 1500 * 256, "30 s"
