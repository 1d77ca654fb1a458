from pathlib import Path

import prepared as preparing
from prepared import prepared


def test_a_corpus_is_prepared_once(tmp_path, monkeypatch):
    asked = []

    def prepare(corpus: str, source: Path, out: Path) -> None:
        asked.append((corpus, source))
        out.mkdir(parents=True)
        (out / "cuts.jsonl.gz").touch()

    monkeypatch.setattr(preparing, "prepare", prepare)
    monkeypatch.setenv("TONELENS_SHARED", str(tmp_path))
    files = {prepared("nemo", tmp_path / "work") for _ in range(2)}
    assert files == {tmp_path / "work/cuts/nemo/cuts.jsonl.gz"}
    assert asked == [("nemo", tmp_path / "corpora/nemo")]
