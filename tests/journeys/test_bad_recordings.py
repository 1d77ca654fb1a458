"""`tonelens explain` on what strangers have: a clear line for each bad file, the good ones explained."""

import json
import os
import time
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from evidence.reading import Reading
from journeys.command_line import tonelens
from journeys.recordings import BAD, write_odd_ones


@pytest.mark.parametrize("name", BAD)
def test_a_bad_recording_gets_one_clear_line_and_leaves_nothing(name, journey, tmp_path):
    path = tmp_path / name
    BAD[name].write(path)
    ended = tonelens("explain", path, "--model", journey.run, "--report", tmp_path / "report")
    assert ended.exit_code == 2
    assert ended.stdout == ""
    (complaint,) = ended.complaints
    assert complaint.startswith(f"tonelens: {path}: ")
    for words in BAD[name].says:
        assert words in complaint
    assert not (tmp_path / "report").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(journey, tmp_path):
    path = tmp_path / "locked.wav"
    path.write_bytes(journey.clip().read_bytes())
    path.chmod(0)
    ended = tonelens("explain", path, "--model", journey.run)
    assert ended.exit_code == 2
    assert "Permission denied" in ended.stderr


def test_half_an_hour_is_refused_without_being_read(journey, tmp_path):
    path = tmp_path / "lecture.wav"
    BAD["lecture.wav"].write(path)
    began = time.perf_counter()
    assert tonelens("explain", path, "--model", journey.run).exit_code == 2
    assert time.perf_counter() - began < 5  # reading and measuring it takes minutes


def test_odd_but_good_recordings_are_explained_and_drawn(journey, tmp_path):
    paths = write_odd_ones(journey.clip(), tmp_path)
    ended = tonelens("explain", *paths, "--model", journey.run, "--json", "--report", tmp_path / "report")
    assert (ended.exit_code, ended.stderr) == (0, "")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [row["audio"]["source"] for row in rows] == [str(path) for path in paths]
    pitch = [row["descriptors"]["pitch"]["measured"] for row in rows]
    assert pitch == pytest.approx([pitch[0]] * 4, rel=0.02)
    assert len(list((tmp_path / "report").glob("*.png"))) == 4


def test_a_name_that_is_no_text_is_explained_too(journey, tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.flac"  # Latin-1, as old disks have it
    try:
        with open(path, "wb") as file:  # noqa: PTH123 - the name is bytes
            file.write(journey.clip().read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    name = os.fsdecode(path)
    ended = tonelens("explain", name, "--model", journey.run, "--json", "--report", tmp_path / "report")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["audio"]["source"].endswith("caf\\udce9.flac")
    assert len(list((tmp_path / "report").iterdir())) == 4


def test_in_a_batch_the_good_are_explained_in_order_and_the_bad_listed(journey, tmp_path):
    good = [journey.clip(number=number) for number in (1, 2, 3)]
    bad = {name: tmp_path / name for name in ("empty.wav", "tone.wav", "none-*.wav")}
    for name, path in bad.items():
        BAD[name].write(path)
    mixed = [bad["empty.wav"], good[0], bad["none-*.wav"], good[1], bad["tone.wav"], good[2]]
    ended = tonelens("explain", *mixed, "--model", journey.run, "--report", tmp_path / "report")
    assert ended.exit_code == 2
    explained = [line.split("  (")[0] for line in ended.stdout.splitlines() if not line.startswith(" ")]
    assert explained == [str(path) for path in good]
    *complaints, summary = ended.complaints
    listed = [bad["empty.wav"], bad["none-*.wav"], bad["tone.wav"]]
    assert [complaint.split(": ")[1] for complaint in complaints] == [str(path) for path in listed]
    assert summary == "tonelens: 3 of 6 recordings were not explained (above)."
    assert len(list((tmp_path / "report").glob("*.json"))) == 3
    index = Reading.of(tmp_path / "report" / "index.html")
    assert index.text("h1") == "3 explained recordings"
    assert all((tmp_path / "report" / unquote(link["href"])).is_file() for link in index.all("a"))
    assert [row[:1] for row in index.rows("refused")] == [(str(path),) for path in listed]


def test_for_programs_a_refusal_stands_in_its_place(journey, tmp_path):
    for name in ("nan.wav", "short.wav"):
        BAD[name].write(tmp_path / name)
    given = [journey.clip(), tmp_path / "nan.wav", journey.clip("s02"), tmp_path / "short.wav"]
    ended = tonelens("explain", *given, "--model", journey.run, "--json")
    assert ended.exit_code == 2
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    schemas = [row["schema"].split("/")[1] for row in rows]
    assert schemas == ["explanation@1", "refusal@1", "explanation@1", "refusal@1"]
    refused = rows[1]
    assert sorted(refused) == ["message", "reason", "schema", "source"]
    assert (refused["source"], refused["reason"]) == (str(tmp_path / "nan.wav"), "not-finite")
    assert ended.complaints[0] == f"tonelens: {refused['message']}"


def test_more_than_a_whisper_encoder_takes_is_refused(mixed, journey, tmp_path):
    speech, rate = soundfile.read(journey.clip())
    soundfile.write(
        tmp_path / "speech.flac", np.tile(speech, 45 * rate // len(speech) + 1)[: 45 * rate], rate
    )
    ended = tonelens("explain", tmp_path / "speech.flac", journey.clip(), "--model", mixed)
    assert ended.exit_code == 2
    assert "speech.flac: 45.0 s of audio" in ended.complaints[0]
    assert "at most 30 s. Cut it into utterances" in ended.complaints[0]
    assert ended.stdout.startswith(str(journey.clip()))


def test_a_long_clip_is_no_trouble_where_the_encoder_takes_it(journey, tmp_path):
    speech, rate = soundfile.read(journey.clip())
    soundfile.write(
        tmp_path / "speech.flac", np.tile(speech, 45 * rate // len(speech) + 1)[: 45 * rate], rate
    )
    ended = tonelens("explain", tmp_path / "speech.flac", "--model", journey.run)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "(45.0 s)" in ended.stdout
