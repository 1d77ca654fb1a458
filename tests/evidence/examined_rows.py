"""Rows of `examine` made by hand: four clips, and one without a voice."""

SAID = {"pitch": "high", "volume": "low"}
HEARD = {"label": "anger", "probabilities": {"anger": 1.0}, "claims": SAID, "text": ""}


def heard(**claims):
    return {**HEARD, "claims": {**SAID, **claims}}


def trial(after, *, arrived=True, target="low"):
    edit = {"descriptor": "pitch", "target": target, "change": {"kind": "pitch", "amount": -3.0}}
    return {"edit": edit, "arrived": arrived, "others_kept": True, "before": HEARD, "after": after}


def claim(verdict, level="high"):
    return {
        "descriptor": "pitch", "claimed": "high", "is_excluded": False, "said": "", "measured": 1.0,
        "measured_level": level, "unit": "Hz", "reference": "group", "verdict": verdict, "reason": None,
    }  # fmt: skip


def row(number, *, trials, verdict, flips, test, vocoder=False):
    return {
        "id": f"c{number}", "corpus": "made", "speaker": f"s{number}", "emotion": "anger", "heard": HEARD,
        "agreement": {
            "source": f"c{number}", "unclear": [],
            "claims": [claim(verdict, "high" if verdict == "supported" else "low")],
        },
        "interventions": trials,
        "counterfactual": {"vocoder_flips": vocoder, "heard": [], "flips": flips},
        "spans": {"cited": [[0.1, 0.3]] if test else [], "test": test},
    }  # fmt: skip


def flip(kind, steps):
    return {"kind": kind, "amount": 1.0, "steps": steps, "before": "anger", "after": "fear", "sentence": ""}


TEST = {"deletion": 1.0, "deletion_random": 0.25, "insertion": 0.5, "insertion_random": 0.75}
BOTH = [flip("pitch", 4.0), flip("volume", 1.0)]
ALONG, LOWER = heard(pitch="normal", volume="high"), heard(pitch="low")
ROWS = [
    row(1, trials=[trial(LOWER)], verdict="supported", flips=[flip("pitch", 2.0)], test=TEST),
    row(2, trials=[trial(HEARD)], verdict="supported", flips=BOTH, test=TEST),
    row(3, trials=[trial(ALONG)], verdict="contradicted", flips=[], test=None),
    row(4, trials=[trial(LOWER, arrived=False)], verdict="supported", flips=[], test=None, vocoder=True),
    {"id": "c5", "corpus": "made", "speaker": "s5", "emotion": "anger", "refused": "no voice"},
]
