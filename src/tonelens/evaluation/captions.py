"""Similarity of written captions to reference captions: BLEU@4, ROUGE-L and CIDEr as the field computes them,
METEOR and SPICE where they can be run (`caption_extras`).

Words     both sides through `transcripts.normalise` (COCO's tokeniser needs Java and does nearly the same).
BLEU@4    corpus level, 1- to 4-grams, brevity penalty, no smoothing; counted by sacrebleu. 0..1.
ROUGE-L   F-measure of the longest common subsequence with beta = 1.2, mean over clips. 0..1.
CIDEr     what the captioning field reports under this name (pycocoevalcap's `Cider`): tf-idf cosine of 1- to
          4-grams, clipped, Gaussian penalty on the length difference, times 10; mean over clips. 0..10.
          Document frequencies come from the references being scored: a value belongs to its test set, and
          over a single clip it is 0 by definition. Tables that print "19.3" mean 0.193 on this scale.
Source    Papineni et al. 2002; Lin 2004; Vedantam et al. 2015, arXiv:1411.5726, sections 3 and 5 (CIDEr-D).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from sacrebleu.metrics import BLEU

from tonelens.evaluation.caption_extras import extra_scores
from tonelens.evaluation.intervals import Interval, bootstrap
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.transcripts import normalise
from tonelens.evidence.clusters import Counts

MAX_ORDER = 4
ROUGE_BETA = 1.2
CIDER_SIGMA = 6.0
"""Words; width of the penalty on a difference in length."""

NGram: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptionScores:
    """Caption similarity over all clips that have a reference caption."""

    bleu4: Interval
    rouge_l: Interval
    cider: Interval
    without_reference: int
    """Clips left out because no reference caption is known."""
    meteor: Interval | None = None
    spice: Interval | None = None
    not_scored: Mapping[str, str] = field(default_factory=dict)
    """Which of the two could not be run, and why."""


def score_captions(predictions: Sequence[Prediction]) -> CaptionScores | None:
    """Score the captions; a missing caption is an empty one. None where no clip has a reference."""
    written = [clip for clip in predictions if clip.reference_caption and normalise(clip.reference_caption)]
    if not written:
        return None
    references = [normalise(clip.reference_caption or "") for clip in written]
    captions = [normalise(clip.caption or "") for clip in written]
    speakers = [clip.speaker for clip in written]
    pairs = list(zip(references, captions, strict=True))
    rouge_N = [rouge_l(reference, caption) for reference, caption in pairs]
    scorer = BLEU(tokenize="none", smooth_method="none", force=True)
    bleu_N10 = np.array([bleu_counts(scorer, *pair) for pair in pairs])
    extras = extra_scores(references, captions)
    means = {one.metric: _mean(one.values, speakers) for one in extras if one.values is not None}
    return CaptionScores(
        bleu4=bootstrap(bleu_N10, speakers, bleu4),
        rouge_l=_mean(rouge_N, speakers),
        cider=_mean(cider(references, captions), speakers),
        without_reference=len(predictions) - len(written),
        meteor=means.get("meteor"),
        spice=means.get("spice"),
        not_scored={one.metric: one.reason for one in extras if one.reason is not None},
    )


def bleu_counts(scorer: BLEU, reference: str, caption: str) -> list[float]:
    """Matched n-grams (4), caption n-grams (4), caption words, reference words of one clip."""
    found = scorer.corpus_score([caption], [[reference]])
    return [*found.counts, *found.totals, found.sys_len, found.ref_len]


def bleu4(counts_R10: Counts) -> Counts:
    """Corpus BLEU@4 from summed `bleu_counts`, shape (R,); 0 where an order has no match."""
    matched_R4, total_R4 = counts_R10[:, :4], counts_R10[:, 4:8]
    words_R, reference_words_R = counts_R10[:, 8], counts_R10[:, 9]
    precision_R4 = np.maximum(matched_R4, 1e-300) / np.maximum(total_R4, 1)
    log_brevity_R = np.minimum(0.0, 1.0 - reference_words_R / np.maximum(words_R, 1))
    score_R = np.exp(np.log(precision_R4).mean(axis=1) + log_brevity_R)
    return np.asarray(np.where(matched_R4.min(axis=1) > 0, score_R, 0.0))


def rouge_l(reference: str, caption: str) -> float:
    """ROUGE-L of one caption, 0..1."""
    wanted, written = reference.split(), caption.split()
    common = _longest_common_subsequence(wanted, written)
    if common == 0:
        return 0.0
    precision, recall = common / len(written), common / len(wanted)
    return (1 + ROUGE_BETA**2) * precision * recall / (recall + ROUGE_BETA**2 * precision)


def cider(references: Sequence[str], captions: Sequence[str]) -> list[float]:
    """CIDEr of every clip, 0..10."""
    reference_counts = [_ngrams(reference) for reference in references]
    documents = Counter(ngram for counts in reference_counts for ngram in counts)
    log_clips = math.log(len(references))

    def weigh(counts: Counter[NGram]) -> dict[NGram, float]:
        return {
            ngram: count * (log_clips - math.log(max(1, documents[ngram]))) for ngram, count in counts.items()
        }

    scores = []
    for wanted, reference, caption in zip(reference_counts, references, captions, strict=True):
        surplus = len(caption.split()) - len(reference.split())
        penalty = math.exp(-(surplus**2) / (2 * CIDER_SIGMA**2))
        cosines = _clipped_cosines(weigh(_ngrams(caption)), weigh(wanted))
        scores.append(10.0 * penalty * sum(cosines) / MAX_ORDER)
    return scores


def _clipped_cosines(written: dict[NGram, float], wanted: dict[NGram, float]) -> list[float]:
    """Cosine for every n-gram order, a weight counting at most as much as in the reference."""
    dot, written_square, wanted_square = [0.0] * MAX_ORDER, [0.0] * MAX_ORDER, [0.0] * MAX_ORDER
    for ngram, weight in written.items():
        in_reference = wanted.get(ngram, 0.0)
        dot[len(ngram) - 1] += min(weight, in_reference) * in_reference
        written_square[len(ngram) - 1] += weight**2
    for ngram, weight in wanted.items():
        wanted_square[len(ngram) - 1] += weight**2
    norms = [math.sqrt(a * b) for a, b in zip(written_square, wanted_square, strict=True)]
    return [product / norm if norm > 0 else 0.0 for product, norm in zip(dot, norms, strict=True)]


def _ngrams(text: str) -> Counter[NGram]:
    words = text.split()
    return Counter(
        tuple(words[start : start + order])
        for order in range(1, MAX_ORDER + 1)
        for start in range(len(words) - order + 1)
    )


def _longest_common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    best = [0] * (len(right) + 1)
    for word in left:
        diagonal = 0
        for index, other in enumerate(right, start=1):
            above = best[index]
            best[index] = diagonal + 1 if word == other else max(above, best[index - 1])
            diagonal = above
    return best[-1]


def _mean(scores_N: Sequence[float], speakers: Sequence[str | None]) -> Interval:
    """Mean over clips: the counts are (score, 1), so that speakers with more clips weigh more."""
    pairs_N2 = np.column_stack([np.asarray(scores_N, dtype=np.float64), np.ones(len(scores_N))])
    return bootstrap(pairs_N2, speakers, lambda sums: sums[:, 0] / sums[:, 1])
