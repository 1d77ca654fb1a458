import pytest
import torch

from builders import LABELS, random_clips, small_model, small_recipe
from tonelens.descriptors.sentences import Choice, Fixed, read
from tonelens.emotions import LabelSet
from tonelens.model.answering import Answerer

OWN = LabelSet(("anger", "mild annoyance", "müde & leer", "joy/joie de vivre", "x"))
FRAMES = [9, 30, 4, 17, 55, 8, 12, 23, 41, 5, 6, 7, 16, 33, 28, 11]
PARSING = [
    (seed, style, louder) for seed in range(12) for style in ("template", "caption") for louder in (1, 12)
]


def answerer(labels=LABELS, *, louder=12.0, **tables):
    """An untrained model that asks and answers; with `louder` its choices differ clearly."""
    recipe = small_recipe(**tables)
    model, prompter = small_model(recipe, labels, louder=louder)
    return Answerer(model, prompter, labels)


def prompt_embeddings(asks, clip):
    """Embeddings (1, S, D) of one clip's prompt, put together without the code under test."""
    model = asks.model.eval()
    layers = torch.nn.functional.layer_norm(clip.unsqueeze(0), clip.shape[-1:])  # as the recipe asks
    embed = model.llm.get_input_embeddings()
    before, after = asks.prompter._frames["explain"]
    content, descriptor = model.content(layers), model.descriptor(layers)
    pooled = model.pooling(descriptor.z_BTZ, torch.ones(1, len(clip), dtype=torch.bool))
    told = torch.cat([pooled, (6 * model.emotion_head(pooled)).softmax(-1)], dim=-1)
    parts = [
        embed(torch.tensor([before])), content.tokens_BKD, descriptor.tokens_BKD,
        model.summary(told).unsqueeze(1), embed(torch.tensor([after])),
    ]  # fmt: skip
    return torch.cat(parts, dim=1)


def log_probabilities(asks, prompt, ids):
    """ln p of each of `ids` after the prompt, by one plain forward pass without cache or padding."""
    embeds = prompt
    if ids:
        embeds = torch.cat([prompt, asks.model.llm.get_input_embeddings()(torch.tensor([ids]))], dim=1)
    logits = asks.model.llm(inputs_embeds=embeds).logits[0].log_softmax(-1)
    first = prompt.shape[1] - 1
    return logits[first:], [logits[first + i, token].item() for i, token in enumerate(ids)]


@pytest.mark.parametrize(("seed", "style", "louder"), PARSING)
def test_an_untrained_model_always_parses(seed, style, louder):
    asks = answerer(OWN, louder=louder, seed=seed, answer={"style": style})
    for answer in asks.answer(random_clips([9, 30, 4], seed)):
        assert read(asks.grammar, answer.text) == answer.values
        for piece in asks.grammar:
            if isinstance(piece, Choice):
                likely = answer.probabilities[piece.slot]
                assert list(likely) == list(piece.options)
                assert sum(likely.values()) == pytest.approx(1, abs=1e-6)
                assert answer.values[piece.slot] == max(likely, key=likely.get)


@pytest.mark.parametrize("tasks", [{"descriptors": False}, {"transcript": False}])
def test_every_task_set_parses(tasks):
    asks = answerer(answer=tasks)
    answer = asks.answer(random_clips([12]))[0]
    assert read(asks.grammar, answer.text) == answer.values
    assert set(answer.values) == set(answer.probabilities) | ({"transcript"} - set(tasks))


@torch.no_grad()
@pytest.mark.parametrize("style", ["template", "caption"])
def test_an_option_s_score_is_the_sum_of_its_tokens_in_a_plain_forward_pass(style):
    asks = answerer(OWN, answer={"style": style})
    clip = random_clips([13])[0]
    answer, prompt = asks.answer([clip])[0], prompt_embeddings(asks, clip)
    said: list[int] = []
    for piece in asks.grammar:
        if isinstance(piece, Choice):
            tokens = {option: asks.prompter.tokens(" " + option) for option in piece.options}
            scores = [
                sum(log_probabilities(asks, prompt, said + ids)[1][len(said) :]) for ids in tokens.values()
            ]
            expected = torch.tensor(scores).softmax(-1).tolist()
            assert list(answer.probabilities[piece.slot].values()) == pytest.approx(expected, abs=1e-5)
        said += asks.prompter.tokens(
            piece.text if isinstance(piece, Fixed) else spoken(piece, answer.values[piece.slot])
        )
    assert any(len(asks.prompter.tokens(" " + label)) > 3 for label in OWN)


@torch.no_grad()
def test_a_label_that_begins_like_another_is_not_favoured_for_being_shorter():
    """What follows the label is scored too, else "x" could never be less likely than "x and more"."""
    labels = LabelSet(("x", "x and more", "y"))
    for seed in range(3):
        asks = answerer(labels, seed=seed, answer={"descriptors": False, "transcript": False})
        clip = random_clips([13], seed)[0]
        prompt, tokens = prompt_embeddings(asks, clip), asks.prompter.tokens
        before = tokens("The emotional state of this speaker is")
        scores = [
            sum(log_probabilities(asks, prompt, before + tokens(f" {label}") + tokens("."))[1][len(before) :])
            for label in labels
        ]
        answer = asks.answer([clip])[0]
        expected = torch.tensor(scores).softmax(-1).tolist()
        assert list(answer.probabilities["emotion"].values()) == pytest.approx(expected, abs=1e-5)


def spoken(piece, value):
    return " " + value if isinstance(piece, Choice) else value.replace("'", "\u2019")


def greedy(asks, clip, most):
    """The transcript's tokens and ln p of each and of the closing one, every one by a plain forward pass."""
    tokens, tokenizer = asks.prompter.tokens, asks.prompter.tokenizer
    before, closing = tokens("A voice says '"), tokens("', in a tone of")[0]
    barred = {i for i in range(len(tokenizer)) if i != closing and "'" in tokenizer.decode([i])}
    barred |= {i for token, i in tokenizer.get_vocab().items() if token.startswith("<|")}
    allowed = [i for i in range(len(tokenizer)) if i not in barred]
    prompt, said, logs = prompt_embeddings(asks, clip), [], []
    while len(said) < most:
        logits = log_probabilities(asks, prompt, before + said)[0][-1]
        best = max(allowed, key=lambda i: logits[i].item())
        logs.append((logits[best] - logits[allowed].logsumexp(-1)).item())
        if best == closing:
            break
        said.append(best)
    return said, logs


@torch.no_grad()
def test_free_text_is_what_greedy_decoding_without_a_cache_gives():
    lengths = set()
    for seed in range(8):
        asks = answerer(
            seed=seed,
            answer={"style": "caption", "descriptors": False, "max_transcript_tokens": 9},
            louder=1.5,
        )
        # Without this no untrained model of these seeds would close its quote.
        asks.model.llm.get_input_embeddings().weight[asks.prompter.tokens("'")[0]] *= 1.5
        clip = random_clips([13], seed)[0]
        said, logs = greedy(asks, clip, 9)
        lengths.add(len(said))
        text = " ".join(asks.prompter.tokenizer.decode(said).replace("\u2019", "'").split())
        answer = asks.answer([clip])[0]
        assert answer.values["transcript"] == text
        assert answer.certainty["transcript"] == pytest.approx(logs, abs=1e-4)
    assert max(lengths) == 9 and len(lengths) > 1, f"some are cut off, some close themselves: {lengths}"


@pytest.mark.parametrize("style", ["template", "caption"])
def test_sixteen_clips_together_answer_as_one_by_one(style):
    asks = answerer(OWN, answer={"style": style})
    clips = random_clips(FRAMES)
    together = asks.answer(clips)
    alone = [asks.answer([clip])[0] for clip in clips]
    assert len({answer.text for answer in alone}) > 1, "clips differ, so a mix-up would show"
    for one, other in zip(together, alone, strict=True):
        assert one.values == other.values and one.text == other.text
        for slot, likely in one.probabilities.items():
            assert list(likely.values()) == pytest.approx(list(other.probabilities[slot].values()), abs=1e-4)


def test_without_an_llm_the_head_answers():
    asks = answerer(
        OWN, streams={"disentangled": False, "summary_token": False}, llm={"source": "none"},
        answer={"descriptors": False, "transcript": False},
        schedule={"strategy": "one-stage", "asr_epochs": 0},
    )  # fmt: skip
    clips = random_clips([20, 9, 33])
    together = asks.answer(clips)
    for clip, answer in zip(clips, together, strict=True):
        assert read(asks.grammar, answer.text) == answer.values
        likely = answer.probabilities["emotion"]
        assert (
            sum(likely.values()) == pytest.approx(1)
            and max(likely, key=likely.get) == answer.values["emotion"]
        )
        alone = asks.answer([clip])[0].probabilities["emotion"]
        assert list(likely.values()) == pytest.approx(list(alone.values()), abs=1e-5)


def test_an_answer_does_not_depend_on_the_order_of_the_batch():
    asks = answerer()
    clips = random_clips([20, 9, 33])
    forwards, backwards = asks.answer(clips), asks.answer(clips[::-1])
    assert [a.text for a in forwards] == [a.text for a in backwards[::-1]]


def test_a_given_transcript_is_said_and_not_generated():
    asks = answerer()
    clips = random_clips([20, 9])
    answers = asks.answer(clips, [{"transcript": "don't go"}, {}])
    assert answers[0].values["transcript"] == "don't go"
    assert answers[0].certainty["transcript"] == ()
    assert answers[1].certainty["transcript"] != ()
    assert answers[1] == asks.answer(clips)[1]
