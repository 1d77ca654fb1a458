"""Every row of the paper's result tables that a recipe can repeat, and how far a repetition may lie off.

Beside them stand rows that the paper lacks, which have no printed values, and rows of the paper's sequel.

Units     percent, as printed there. "UA" of the paper is plain accuracy (WA): 22 of the sequel's 24 values
          are whole counts over 1241 and 2608 clips, which a macro recall would not be.
Tolerance half the 95 % interval of an accuracy over the paper's test clips, sqrt(p (1 - p) / n): it says what
          other test clips of the same kind would change, nothing of other weights, GPUs or data.
Sequel    two trainings, on GigaSpeech-m and then in domain. It prints one value of the template with
          descriptors; so the row that trains in domain alone and the row that trains twice have the same.
          Its best row (90 % confidence selection and rectification by RL) has no recipe.
Source    Chen et al. 2025, arXiv:2505.23236, tables 1 to 3; its sequel, arXiv:2606.14086.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TEST_CLIPS = MappingProxyType({"iemocap": 1241, "meld": 2610})
"""IEMOCAP's session 5 with four classes; MELD's test part."""
SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "iemocap": ("data.protocol=emobox", "data.fold=5"),
        "meld": ("data.protocol=official", "data.allow_speaker_overlap=true"),
    }
)
"""The paper's test part of a corpus; voices of MELD's series are in every part."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What the paper prints of one system on one corpus."""

    wa: float
    """The paper's "UA"."""
    wer: float | None
    """None where the system writes no transcript."""

    def tolerance(self, corpus: str) -> float:
        """Percentage points either side of `wa`."""
        share = self.wa / 100
        return 196 * math.sqrt(share * (1 - share) / TEST_CLIPS[corpus])


@dataclass(frozen=True, slots=True)
class Row:
    """One system."""

    recipe: str
    """The shipped recipe that repeats it."""
    system: str
    iemocap: Printed | None = None
    """None of a row that the paper does not have; so `meld`."""
    meld: Printed | None = None
    captions: tuple[float, float, float, float, float] | None = None
    """BLEU@4, METEOR, ROUGE-L, CIDEr, SPICE on EMOSEC, where it is printed."""
    is_sequel: bool = False
    """Of the paper's sequel, which tests on the same parts."""
    start: str | None = None
    """The row whose run on other corpora this one begins with; None where streams begin at random."""

    def printed(self) -> Mapping[str, Printed]:
        """By corpus; empty of a row that the paper does not have."""
        both = {"iemocap": self.iemocap, "meld": self.meld}
        return {corpus: printed for corpus, printed in both.items() if printed is not None}


def _row(
    name: str,
    system: str,
    iemocap: tuple[float, float | None],
    meld: tuple[float, float | None],
    captions: tuple[float, float, float, float, float] | None = None,
) -> tuple[str, Row]:
    return name, Row(f"ablations/{name}", system, Printed(*iemocap), Printed(*meld), captions)


def _own_row(name: str, system: str) -> tuple[str, Row]:
    """A row that the paper lacks."""
    return name, Row(f"ablations/{name}", system)


def _sequel_row(
    name: str, system: str, iemocap: float, meld: float, start: str | None = None
) -> tuple[str, Row]:
    """A row of the sequel, which prints no WER."""
    values = Printed(iemocap, None), Printed(meld, None)
    return name, Row(f"ablations/{name}", system, *values, is_sequel=True, start=start)


PROPOSED = "table2_row7"
"""The row that all others are held against."""
PROPOSED_CAPTIONS = (10.3, 22.1, 30.4, 19.3, 9.0)
ROWS: Mapping[str, Row] = MappingProxyType(
    dict(
        (
            _row("table2_row1", "HuBERT-large + classifier", (64.6, 23.8), (53.2, 45.7)),
            _row("table2_row2", "WavLM-large + classifier", (68.9, 39.1), (54.6, 60.2)),
            _row("table2_row3", "wav2vec2-large + classifier", (69.3, 28.0), (54.8, 41.2)),
            _row(
                "table2_row4", "LLM, SER+SED+ASR, one plain stream", (73.6, 24.3), (56.4, 29.9),
                (7.1, 15.8, 24.1, 10.7, 5.9),
            ),
            _row("table2_row5", "disentangled, SER+ASR, no SED", (70.6, 18.9), (53.3, 29.6)),
            _row(
                "table2_row6", "disentangled, SER+SED, no ASR", (75.5, None), (56.5, None),
                (10.2, 22.0, 30.1, 19.2, 8.8),
            ),
            _row(PROPOSED, "proposed", (77.6, 11.1), (60.1, 25.3), PROPOSED_CAPTIONS),
            _row(
                "table3_row1", "one stage, SED+emotion", (75.5, None), (56.5, None),
                (10.2, 22.0, 30.1, 19.2, 8.8),
            ),
            _row(
                "table3_row2", "two stages once each", (76.8, 10.7), (59.1, 25.0),
                (8.0, 17.9, 26.7, 16.3, 5.1),
            ),
            _row("table3_row3", "alternating, transcript+emotion", (70.6, 18.9), (53.3, 29.6)),
            _row("table3_row4", "alternating, all, beta 1e-2", (77.6, 11.1), (60.1, 25.3), PROPOSED_CAPTIONS),
            _row("table3_row5", "beta 1", (72.8, 17.7), (53.5, 28.6), (7.8, 16.9, 25.2, 12.4, 6.7)),
            _row("table3_row6", "beta 1e-1", (77.3, 11.8), (59.7, 26.0), (9.8, 21.5, 29.6, 18.9, 8.6)),
            _row("table3_row7", "beta 1e-3", (77.4, 11.3), (60.2, 25.1), (10.4, 21.9, 30.3, 19.4, 8.9)),
            _row("table3_row8", "beta 1e-4", (77.1, 11.6), (59.8, 25.8), (10.0, 21.7, 29.6, 18.6, 8.5)),
            _own_row("beta_zero", "beta 0: two blocks, no bottleneck"),
            _own_row("one_stage", "one stage, all targets"),
            _own_row("streams_swapped", "streams swapped in the prompt"),
            _own_row("no_freezing", "content stream not frozen in SER-SED"),
            _sequel_row("sequel_template", "sequel: fixed template, SED", 78.08, 60.81),
            _sequel_row("sequel_no_sed", "sequel: fixed template, no SED", 73.65, 56.29),
            _sequel_row(
                "sequel_in_domain", "sequel: out of domain first, then in domain", 78.08, 60.81,
                start="sequel_template",
            ),
        )
    )
)  # fmt: skip
START_SETTINGS = ("data.protocol=none", "schedule.asr_epochs=2", "schedule.ser_epochs=2")
"""On top of a row's recipe where its run is what another row begins with: every clip trains, in the sequel's
two epochs."""
