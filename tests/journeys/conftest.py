"""What all journeys start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from builders import saved, whisper_config
from journeys import trained
from journeys.command_line import tonelens


@pytest.fixture(scope="session")
def journey() -> trained.Journey:
    return trained.journey()


@pytest.fixture
def fresh_accelerator() -> Iterator[None]:
    with trained.fresh_accelerator():
        yield


@pytest.fixture(scope="session")
def mixed(journey, tmp_path_factory) -> Path:
    """A run folder: a Whisper encoder, and a fold that tests the speakers it trains on, as was allowed."""
    home = tmp_path_factory.mktemp("mixed")
    config = whisper_config()
    config.max_source_positions = 1500  # 30 s, as OpenAI's
    encoder = saved(WhisperEncoder, config, home / "whisper")
    header, *rows = (journey.corpus / "manifest.csv").read_text("utf-8").splitlines()
    rows = [f"{row[:-1]}{1 + number % 2}" for number, row in enumerate(rows[:24])]
    (journey.corpus / "mixed.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    assert tonelens("prepare", "csv", journey.corpus / "mixed.csv", home / "cuts").exit_code == 0
    data = ["--data", home / "cuts" / "cuts.jsonl.gz", "--out", home / "run"]
    changes = trained.settings(f"encoder.source={encoder}")
    refused = tonelens("train", "tiny", *data, *changes)
    assert refused.exit_code == 2
    assert "data.allow_speaker_overlap" in refused.stderr
    assert not (home / "run").exists()
    allowed = trained.settings(f"encoder.source={encoder}", "data.allow_speaker_overlap=true")
    with trained.fresh_accelerator():
        assert tonelens("train", "tiny", *data, *allowed).exit_code == 0
    return home / "run"
