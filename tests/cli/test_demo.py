"""`make demo` where no corpora lie beside the checkout."""

from pathlib import Path

from tonelens.cli import demo
from tonelens.corpora import synthetic
from tonelens.training.run_folder import RunFolder


def test_without_corpora_the_demo_trains_on_its_own_speech_in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TONELENS_SHARED", str(tmp_path / "nowhere"))
    write = synthetic.write_corpus
    monkeypatch.setattr(
        synthetic, "write_corpus", lambda folder: write(folder, speakers=4, clips_per_speaker=6)
    )
    asked = {}

    def train_on(recipe, data, out, *, resume, cache, reporter):
        RunFolder(out).check_free(resume=resume)  # as the real one begins
        asked.update(recipe=recipe, data=data, out=out)

    monkeypatch.setattr("tonelens.training.run.train_on", train_on)
    material = demo._material()
    assert demo._trained(material) == asked["out"]
    assert asked["recipe"].encoder.source == "log-mel"
    assert asked["data"] == [material.cuts] and Path(material.cuts).is_file()
