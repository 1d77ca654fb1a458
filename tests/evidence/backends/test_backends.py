"""Any system is asked in one way, and no answer that breaks a rule gets into a score."""

import http.server
import io
import json
import sys
import threading
import time

import numpy as np
import pytest
import soundfile

from builders import saved
from descriptors.signals import audio, syllables
from tonelens import audio as recordings
from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.errors import ModelError
from tonelens.evidence.backends.answers import AnswerCheck
from tonelens.evidence.backends.classifier import TransformersBackend
from tonelens.evidence.backends.command import CommandBackend
from tonelens.evidence.backends.endpoint import HttpBackend
from tonelens.evidence.backends.function import CallableBackend
from tonelens.evidence.backends.opening import open_backend
from tonelens.evidence.backends.wav import is_clipped, wav_bytes

SAID = {"probabilities": {"joy": 0.75, "anger": 0.25}, "text": "A loud voice with a high pitch."}
CLAIMS = {"volume": "high", "pitch": "high"}


def clip(name="clip one", level=0.1, seconds=0.5) -> Audio:
    made = audio(level * syllables(4, seconds))
    return Audio(made.samples, name, "0" * 64)


@pytest.mark.parametrize(
    ("probabilities", "found"),
    [
        ({}, "no labels"),
        ([0.5, 0.5], "a list"),
        ({"": 1.0}, "the label ''"),
        ({3: 1.0}, "the label 3"),
        ({"joy": float("nan"), "fear": 1.0}, "joy: nan"),
        ({"joy": -0.1, "fear": 1.1}, "joy: -0.1"),
        ({"joy": "1.0"}, "joy: '1.0'"),
        ({"joy": None, "fear": 1.0}, "joy: None"),
        ({"joy": True}, "joy: True"),
        ({"joy": 0.5, "fear": 0.498}, "sum to 0.998"),
    ],
)
def test_probabilities_that_are_none_are_refused_with_what_was_found(probabilities, found):
    with pytest.raises(ModelError) as refused:
        AnswerCheck("theirs").heard("a.wav", probabilities)
    assert str(refused.value).startswith("theirs: a.wav: answered ")
    assert found in str(refused.value) and "\n" not in str(refused.value)


def test_probabilities_are_normalised_and_claims_read_from_the_text():
    heard = AnswerCheck("theirs").heard("a.wav", {"joy": np.float32(0.6), "fear": 0.4006}, SAID["text"])
    assert heard.probabilities["joy"] == pytest.approx(0.6 / 1.0006)
    assert sum(heard.probabilities.values()) == pytest.approx(1.0, abs=1e-12)
    assert heard.claims == CLAIMS and heard.text == SAID["text"]


def test_labels_stay_the_same_and_keep_their_order():
    check = AnswerCheck("theirs")
    check.heard("a.wav", {"joy": 0.6, "fear": 0.4})
    assert list(check.heard("b.wav", {"fear": 0.4, "joy": 0.6}).probabilities) == ["joy", "fear"]
    with pytest.raises(ModelError, match=r"b\.wav.* the labels anger, joy, but fear, joy before"):
        check.heard("b.wav", {"anger": 0.4, "joy": 0.6})


@pytest.mark.parametrize("answer", ["", "nonsense", "[1]", '{"text": "x"}', b"\xff\xfe", "[" * 100_000])
def test_what_is_no_json_of_the_form_is_refused(answer):
    with pytest.raises(ModelError, match="an answer is JSON like"):
        AnswerCheck("theirs").heard_json("a.wav", answer)


def test_a_wav_reads_back_as_the_samples():
    samples = clip().samples
    found, rate = soundfile.read(io.BytesIO(wav_bytes(samples)), dtype="float32")
    assert rate == SAMPLE_RATE and soundfile.info(io.BytesIO(wav_bytes(samples))).subtype == "PCM_16"
    assert np.abs(found - samples).max() <= 0.5 / 32768
    assert not is_clipped(samples) and is_clipped(clip(level=2.0).samples)


def test_peaks_over_full_scale_are_cut_off_and_not_wrapped_around():
    samples = np.array([1.5, -1.5, 0.0], dtype=np.float32)
    found, _ = soundfile.read(io.BytesIO(wav_bytes(samples)))
    assert found == pytest.approx([1.0, -1.0, 0.0], abs=1e-4)


def test_a_function_gets_samples_of_its_own():
    def spoils(samples, rate):
        assert rate == 16_000 and samples.dtype == np.float32 and samples.ndim == 1
        samples[:] = 0
        return {"joy": 1.0}

    asked = clip()
    assert CallableBackend("theirs", spoils).hear([asked])[0].label == "joy"
    assert np.abs(asked.samples).max() > 0


def test_a_function_may_return_an_object_with_a_text():
    class Answer:
        probabilities = SAID["probabilities"]
        text = SAID["text"]

    [heard] = CallableBackend("theirs", lambda samples, rate: Answer()).hear([clip()])
    assert heard.claims == CLAIMS


def test_a_function_that_fails_is_named_with_the_clip():
    with pytest.raises(ModelError, match=r"theirs: clip one: the function raised ZeroDivisionError"):
        CallableBackend("theirs", lambda samples, rate: 1 / 0).hear([clip()])
    with pytest.raises(ModelError, match=r"theirs: clip one: answered a list, but"):
        CallableBackend("theirs", lambda samples, rate: [0.5]).hear([clip()])


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers by its path; keeps what it was sent."""

    sent: list = []  # noqa: RUF012

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.sent.append((self.headers["Content-Type"], body, dict(self.headers)))
        if self.path == "/slow":
            time.sleep(1.0)
        status, content = {
            "/right": (200, json.dumps(SAID)),
            "/slow": (200, json.dumps(SAID)),
            "/broken": (500, "oops"),
            "/page": (200, "<html>"),
        }[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    Endpoint.sent.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_endpoint_gets_a_wav_and_not_the_clip_s_name(address):
    backend = open_backend(f"{address}/right")
    [heard] = backend.hear([clip("angry_1.wav")])
    assert heard.probabilities == SAID["probabilities"] and heard.claims == CLAIMS
    kind, body, headers = Endpoint.sent[0]
    assert kind == "audio/wav" and "angry" not in str(headers)
    assert recordings.load(body).samples == pytest.approx(clip().samples, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "says"),
    [("/broken", "status 500"), ("/slow", "no answer within 0.2 s"), ("/page", "answered '<html>'")],
)
def test_an_endpoint_that_fails_gives_one_clear_line(address, path, says):
    with pytest.raises(ModelError, match=says):
        HttpBackend(address + path, timeout_s=0.2).hear([clip()])


def test_an_endpoint_that_is_not_there_cannot_be_reached():
    with pytest.raises(ModelError, match="cannot be reached"):
        HttpBackend("http://127.0.0.1:9/").hear([clip()])


@pytest.mark.parametrize("url", ["http://", "ftp://x/", "http://host:port/", "http://[::1"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ModelError, match="no address"):
        HttpBackend(url)


def test_secrets_of_an_address_are_not_part_of_the_name():
    assert HttpBackend("https://me:secret@host:8443/emotion?key=secret").name == "https://host:8443/emotion"


def command(tmp_path, source, more=""):
    script = tmp_path / "a system.py"
    script.write_text(f"import json, sys, time, wave\n{source}\n", "utf-8")
    return f"'{sys.executable}' '{script}' {more}"


def test_a_command_gets_a_wav_that_is_gone_afterwards(tmp_path):
    told = tmp_path / "told"
    source = f"""
with wave.open(sys.argv[-1]) as file:
    length = file.getnframes()
open({str(told)!r}, "w").write(sys.argv[-1])
print(json.dumps({SAID!r} | {{"text": f"A voice with {{length}} samples and a low pitch."}}))
"""
    backend = open_backend("command:" + command(tmp_path, source))
    [heard] = backend.hear([clip("angry_1.wav")])
    assert heard.text == "A voice with 8000 samples and a low pitch." and heard.claims == {"pitch": "low"}
    path = told.read_text("utf-8")
    assert path.endswith("/clip.wav") and not (tmp_path / path).exists()


def test_the_path_stands_where_the_command_says_and_no_shell_reads_it(tmp_path):
    source = f"""
assert sys.argv[1].startswith("--in=") and sys.argv[2:] == ["$HOME;", "|"], sys.argv
print(json.dumps({SAID!r}))
"""
    backend = CommandBackend(command(tmp_path, source, "--in={} '$HOME;' '|'"))
    assert backend.hear([clip()])[0].claims == CLAIMS


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("sys.exit('no such model')", "exit code 1: no such model"),
        ("print('hello')", "answered 'hello'"),
        ("time.sleep(30)", "no answer within 1 s"),
    ],
)
def test_a_command_that_fails_gives_one_clear_line(tmp_path, source, says):
    with pytest.raises(ModelError, match=says):
        CommandBackend(command(tmp_path, source), timeout_s=1.0).hear([clip()])


def test_commands_that_cannot_be_run_are_refused():
    with pytest.raises(ModelError, match="cannot be run"):
        CommandBackend("no-such-program-anywhere").hear([clip()])
    with pytest.raises(ModelError, match="Close its quotes"):
        CommandBackend("program 'x")


def save_classifier(folder, **config):
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    small = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8, 8),
        conv_stride=(5, 4), conv_kernel=(10, 8), num_feat_extract_layers=2, num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2, classifier_proj_size=8, feat_extract_norm="layer",
        **({"id2label": {0: "joy", 1: "fear", 2: "calm"}} | config),
    )  # fmt: skip
    saved(Wav2Vec2ForSequenceClassification, small, folder)
    Wav2Vec2FeatureExtractor(sampling_rate=16_000, do_normalize=True).save_pretrained(folder)
    return folder


def test_a_transformers_classifier_answers_as_transformers_pipeline_does(tmp_path):
    from transformers import pipeline

    folder = save_classifier(tmp_path / "model")
    backend = open_backend(f"hf:{folder}")
    assert backend.name == "model"
    first, second = backend.hear([clip(), clip(seconds=0.9)])
    for heard, asked in ((first, clip()), (second, clip(seconds=0.9))):
        theirs = pipeline("audio-classification", model=str(folder))(asked.samples)
        assert heard.probabilities == pytest.approx({row["label"]: row["score"] for row in theirs}, abs=1e-5)
        assert heard.claims == {}


def test_a_classifier_without_its_head_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save_classifier(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if not name.startswith("classifier")}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"2 weights are missing .*classifier"):
        TransformersBackend(str(folder))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"id2label": {0: "joy", 1: "joy"}}, "joy, joy"),
        ({"id2label": {0: "joy"}}, "two different ones"),
        ({"problem_type": "multi_label_classification"}, "several labels at once"),
    ],
)
def test_a_model_that_does_not_name_one_label_of_several_is_refused(tmp_path, config, says):
    with pytest.raises(ModelError, match=says):
        TransformersBackend(str(save_classifier(tmp_path / "model", **config)))


def test_pickled_weights_are_not_read(tmp_path):
    import torch

    folder = save_classifier(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded as an audio-classification model"):
        TransformersBackend(str(folder))


def test_a_function_is_opened_by_its_name_beside_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "their_system.py").write_text(
        f"ANSWER = {SAID['probabilities']!r}\ndef answer(samples, rate):\n    return ANSWER\n", "utf-8"
    )
    (tmp_path / "their_broken_system.py").write_text("import nothing_of_this_name\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    backend = open_backend("python:their_system:answer")
    assert backend.name == "their_system:answer" and backend.hear([clip()])[0].label == "joy"
    for name, says in {
        "their_system": "Write python:module:function",
        "their_system:other": "has no such name",
        "their_system:ANSWER": "holds a dict there",
        "their_broken_system:answer": "nothing_of_this_name",
        "no_such_system_anywhere:answer": "cannot be imported",
    }.items():
        with pytest.raises(ModelError, match=says):
            open_backend(f"python:{name}")


def test_the_model_that_ships_is_opened_by_its_name():
    assert open_backend("tonelens-tiny").name == "tonelens-tiny"


def test_what_names_no_system_is_refused_with_the_forms_that_do(tmp_path):
    with pytest.raises(ModelError, match=r"no such model.*hf:NAME.*python:module:function"):
        open_backend("wavlm-large")
    with pytest.raises(ModelError, match="nothing stands behind the colon"):
        open_backend("hf:")
    with pytest.raises(ModelError, match="Write hf:"):
        open_backend(str(save_classifier(tmp_path / "model")))
