"""docs/results/matrix.md: the paper's rows at shared scale as tables, and every comparison as a sentence.

Measure   WA, because the paper's "UA" is plain accuracy; UA (macro recall) and macro-F1 stand beside it.
Gains     the first row of a family less the other row: positive where the first is better. The first is the
          proposed row, but of the sequel's family sequel_template.
Tests     `tonelens.evaluation.compare`: paired over the same clips, bootstrap over speakers (over clips
          where a part has fewer than five, and the page says so), two-sided, Holm within a family and corpus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from figures import Figure
from tonelens.evaluation.compare import Comparison, Pair, compare
from tonelens.evaluation.paired import Difference
from tonelens.evaluation.paper_rows import PROPOSED, ROWS, Row
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.same_clips import System
from tonelens.evaluation.scores import evaluate
from tonelens.recipe import AnswerConfig


@dataclass(frozen=True, slots=True)
class Family:
    """Comparisons that answer one question, all with one row; Holm corrects over them."""

    claims: Mapping[str, str]
    """Row -> what is claimed of it."""
    first: str = PROPOSED
    """What the rows are held against."""
    better: frozenset[str] = frozenset()
    """Rows that are claimed to be better than `first`; the others are claimed to be worse."""


FAMILIES: Mapping[str, Family] = {
    "The paper's claims": Family(
        {
            "table2_row4": "proposed > no disentanglement (one plain stream)",
            "table2_row5": "proposed > no SED (no descriptors in the answer)",
            "table2_row6": "proposed > no ASR, one stage (no transcript in the answer)",
            "one_stage": "proposed > one stage (all targets)",
            "table3_row2": "proposed > two stages once each",
        }
    ),
    "The weight of the bottleneck": Family(
        {
            "table3_row5": "proposed (beta 1e-2) > beta 1",
            "table3_row6": "proposed (beta 1e-2) > beta 1e-1",
            "table3_row7": "proposed (beta 1e-2) > beta 1e-3",
            "table3_row8": "proposed (beta 1e-2) > beta 1e-4",
            "beta_zero": "proposed (beta 1e-2) > beta 0",
        }
    ),
    "Other rows": Family(
        {
            "table2_row1": "proposed > classifier on the same encoder",
            "table2_row2": "proposed > classifier on the student encoder",
            "streams_swapped": "proposed > streams swapped in the prompt",
            "no_freezing": "proposed > content stream not frozen",
        }
    ),
    "The sequel": Family(
        {
            "sequel_no_sed": "sequel's template > the same without SED",
            "sequel_in_domain": "other corpora first, then in domain > in domain alone",
        },
        first="sequel_template",
        better=frozenset({"sequel_in_domain"}),
    ),
}
"""Question -> its comparisons, chosen before anything was trained."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One system on all clips of a part, one run a seed."""

    name: str
    """The first of its rows."""
    rows: tuple[str, ...]
    runs: tuple[tuple[Prediction, ...], ...]
    answer: AnswerConfig

    @property
    def row(self) -> Row:
        """What the paper says of it."""
        return ROWS[self.name]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything of one part."""

    corpus: str
    protocol: str
    systems: Sequence[Answers]
    figures: Mapping[str, Sequence[Figure]]
    """By system."""
    families: Mapping[str, Comparison]
    """By question."""


def compared(systems: Sequence[Answers]) -> dict[str, Comparison]:
    """Every question whose rows are there, each against the first of its family."""
    named = {one.name: System(one.name, one.runs) for one in systems}
    found = {}
    for question, family in FAMILIES.items():
        others = [named[name] for name in family.claims if name in named]
        if others and family.first in named:
            found[question] = compare([named[family.first], *others], metric="wa")
    return found


def difference_figures(families: Mapping[str, Comparison], corpus: str, protocol: str) -> list[Figure]:
    """`wa_below_proposed` (or `wa_below_ROW`, of another first row) and `holm_p` of every row compared."""
    return [
        Figure(
            system=pair.second, corpus=corpus, protocol=protocol, metric=metric, value=value, low=low,
            high=high, seeds=family.systems[0].seeds, n=family.clips,
        )
        for family in families.values()
        for pair in family.pairs
        for gain in [gained(pair)]
        for metric, value, low, high in (
            (f"wa_below_{_in_words(pair.first)}", gain.value, gain.low, gain.high),
            ("holm_p", pair.holm_p, None, None),
        )
    ]  # fmt: skip


def _in_words(first: str) -> str:
    return "proposed" if first == PROPOSED else first


@dataclass(frozen=True, slots=True)
class Gain:
    """What the first row of a family has more than another."""

    value: float
    low: float | None
    high: float | None


def gained(pair: Pair) -> Gain:
    """`compare` says second minus first."""
    found: Difference = pair.differences["wa"]
    return _turned(Gain(found.value, found.low, found.high))


def _turned(gain: Gain) -> Gain:
    """The same of the two rows in the other order."""
    if gain.low is None or gain.high is None:
        return Gain(0.0 - gain.value, None, None)
    return Gain(0.0 - gain.value, 0.0 - gain.high, 0.0 - gain.low)


def matrix_page(pages: Sequence[Page]) -> str:
    """The Markdown of matrix.md."""
    return "\n".join([*_head(), *(line for page in pages for line in _part(page))]) + "\n"


def _head() -> Iterator[str]:
    yield "# The paper's rows at shared scale"
    yield ""
    yield (
        "Written by `benchmarks/matrix.py`. The rows of tables 2 and 3 of arXiv:2505.23236, four that the "
        "paper lacks and three of its sequel, arXiv:2606.14086, each the same difference from the proposed "
        "system as there, on a system that a CPU trains in minutes ([how](../reproducing.md#at-shared-scale))"
        ". Corpora, encoder, LLM and the amount of data are not the paper's, so its values are no target for "
        "ours: what can be held against it is how far a row lies from the first of its family. That is the "
        "proposed row, for the sequel's rows sequel_template."
    )
    yield ""
    yield (
        'Percent and points. WA is accuracy, which the paper calls "UA"; UA is macro recall. Paper: '
        "IEMOCAP / MELD. Ours: from the generated text (a classifier's from its head), mean over seeds, ± "
        "their standard deviation; in brackets the 95 % interval."
    )


def _part(page: Page) -> Iterator[str]:
    first = page.systems[0].runs[0] if page.systems else ()
    speakers = len({clip.speaker for clip in first} - {None})
    seeds = len(page.systems[0].runs) if page.systems else 0
    yield from ("", f"## {page.corpus}, {page.protocol}", "")
    yield f"{len(first)} test clips of {speakers} speakers that were not heard in training, {seeds} seeds."
    if first:
        yield evaluate(first, protocol=page.protocol).notes[-1]
    yield ""
    yield from _table(EMOTION_HEAD, [_emotion_row(one, page) for one in page.systems])
    yield ""
    yield from _table(WORDS_HEAD, [_words_row(one, page) for one in page.systems])
    yield from (
        "",
        "WER: the test part's sentences were heard in training, from other speakers, so it says nothing of "
        "new ones. Captions (BLEU@4 / ROUGE-L / CIDEr) are scored where a row states everything; the paper's "
        "are of EMOSEC and of free sentences, ours of a fixed one, far easier to match. -: not stated.",
    )
    for question, family in page.families.items():
        yield from ("", f"### {question}", "")
        asked = FAMILIES[question]
        yield from (
            f"- {sentence(pair, asked.claims[pair.second], is_better=pair.second in asked.better)}"
            for pair in family.pairs
        )
        yield from ("", _test_note(family))
        yield from (f"{note}" for note in family.notes)


EMOTION_HEAD = (
    "row", "system", "paper WA", "first - row, paper", "WA", "first - row", "UA", "macro-F1",
)  # fmt: skip
WORDS_HEAD = (
    "row", "paper WER", "WER", "pitch macro-F1", "volume macro-F1", "speed macro-F1", "paper captions",
    "captions",
)  # fmt: skip


def _emotion_row(one: Answers, page: Page) -> tuple[str, ...]:
    pair = next((p for f in page.families.values() for p in f.pairs if p.second == one.name), None)
    is_first = one.name in {family.first for family in FAMILIES.values()}
    ours = "" if is_first else "-"
    if pair is not None:
        ours = _points(gained(pair))
    printed = [f"{values.wa:.1f}" for values in one.row.printed().values()]
    return (
        ", ".join(one.rows), one.row.system, _both(printed), "" if is_first else _both(_printed_gains(one)),
        f"{_score(one, page, 'wa')}{_spread(one, page)}", ours, _score(one, page, "ua"),
        _score(one, page, "macro_f1"),
    )  # fmt: skip


def _printed_gains(one: Answers) -> list[str]:
    """The first row of the family less this row, as printed; nothing where both are one printed value."""
    first = next((family.first for family in FAMILIES.values() if one.name in family.claims), PROPOSED)
    if one.row.start == first:
        return []
    row, other = one.row.printed(), ROWS[first].printed()
    return [f"{other[name].wa - row[name].wa:+.1f}" for name in row]


def _words_row(one: Answers, page: Page) -> tuple[str, ...]:
    printed = [f"{values.wer:.1f}" for values in one.row.printed().values() if values.wer is not None]
    paper = one.row.captions
    spoken = (_score(one, page, f"{name}_macro_f1") for name in ("pitch", "volume", "speed"))
    values = {figure.metric: figure.value for figure in page.figures[one.name]}
    captions = [f"{100 * values[name]:.1f}" for name in ("bleu4", "rouge_l", "cider") if name in values]
    return (
        ", ".join(one.rows), _both(printed), _score(one, page, "wer"), *spoken,
        "-" if paper is None else f"{paper[0]} / {paper[2]} / {paper[3]}", _both(captions),
    )  # fmt: skip


def _both(cells: Sequence[str]) -> str:
    return " / ".join(cells) or "-"


def _score(one: Answers, page: Page, metric: str) -> str:
    figure = next((figure for figure in page.figures[one.name] if figure.metric == metric), None)
    if figure is None:
        return "-"
    interval = "" if figure.low is None or figure.high is None else f" ({_percent(figure.low, figure.high)})"
    return f"{100 * figure.value:.1f}{interval}"


def _percent(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _spread(one: Answers, page: Page) -> str:
    """Standard deviation of WA over the seeds."""
    for family in page.families.values():
        for system in family.systems:
            if system.name == one.name and system.scores["wa"].seed_sd is not None:
                return f" ± {100 * system.scores['wa'].seed_sd:.1f}"
    return ""


def _points(gain: Gain) -> str:
    if gain.low is None or gain.high is None:
        return f"{100 * gain.value:+.1f}"
    return f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"


def sentence(pair: Pair, claim: str, *, is_better: bool = False) -> str:
    """What the test says of a claim, in words.

    Args:
        pair: first and second row.
        claim: what is claimed of them.
        is_better: the second is claimed to be better than the first, not worse.
    """
    p = "p < 0.001" if pair.holm_p < 0.001 else f"p = {pair.holm_p:.3f}"
    gain = gained(pair)
    told = f"difference {_points(_turned(gain) if is_better else gain)} points of WA, {p} (Holm)"
    if pair.verdict == ("better" if is_better else "worse"):
        return f"{claim}: the effect appears: {told}."
    if pair.verdict == ("worse" if is_better else "better"):
        return f"{claim}: the opposite appears: {told}."
    least = pair.differences["wa"].minimal_detectable
    power = "" if least is None else f" A true difference of {100 * least:.1f} would be found 8 times in 10."
    return f"{claim}: the effect does not appear: {told}.{power}"


def _test_note(family: Comparison) -> str:
    count = len(family.pairs)
    return (
        f"Paired bootstrap over {family.clusters} {family.unit}s, two-sided, Holm over {count} "
        f"comparison{'s' * (count > 1)}; the intervals are not corrected, so one may leave out 0 beside a p "
        f"above 0.05."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    yield from ("| " + " | ".join(row) + " |" for row in rows)
