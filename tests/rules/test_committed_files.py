"""Committed files mean the same on every machine: no path, host or tool of a workplace, no large audio."""

import re
import subprocess
from pathlib import Path

import pytest

from rules.sources import ROOT

# Each pattern is written so that it does not match itself.
ELSEWHERE = re.compile(
    r"/wor[k]/|/tm[p]/|/hom[e]/\w|/roo[t]/|/op[t]/(?:wheels|pypi)|bash_job[s]|\.librar[y]/"
    r"|pyp[i]\.org|pythonhoste[d]|deb\.debia[n]|registry\.npmj[s]"
)
AUDIO = {".wav", ".flac", ".opus", ".mp3", ".ogg"}
MOST_AUDIO_BYTES = 400_000
MOST_BYTES = 25_000_000


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_committed_file_names_a_workplace():
    wrong = []
    for path in committed():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if found := ELSEWHERE.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number} names {found.group()}")
    assert not wrong, "\n".join(wrong)


def test_committed_files_are_small():
    large = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes"
        for path in committed()
        if path.stat().st_size > (MOST_AUDIO_BYTES if path.suffix in AUDIO else MOST_BYTES)
    ]
    assert not large, f"only short synthesised examples and small weights are committed: {large}"
