import pytest
import torch

from builders import LABELS, small_model, small_recipe
from tonelens.descriptors.sentences import SPOKEN_CHOICES

HEADS = {"emotion_head_weight": 1.0, "descriptor_head_weight": 1.0}


def embedding(model, prompter, word):
    """Of a word as answers say it, after a space; the mean of its tokens."""
    ids = torch.tensor(prompter.tokens(" " + word))
    return model.llm.get_input_embeddings()(ids).mean(dim=0)


@pytest.mark.parametrize("pooling", ["statistics", "attentive"])
def test_the_summary_begins_as_the_word_that_the_emotion_head_says(pooling):
    """From one sure head (logits of 100 and 0) to another the token moves from word to word, 1.5 times."""
    model, prompter = small_model(small_recipe(streams={"pooling": pooling}, objective=HEADS))
    told = {}
    for label in LABELS:
        with torch.no_grad():
            model.emotion_head.weight.zero_()
            model.emotion_head.bias.copy_(100.0 * torch.eye(len(LABELS))[LABELS.index(label)])
            told[label] = model._summary(torch.zeros(1, model.emotion_head.in_features))[0, 0]
    for label in LABELS:
        moved = told[label] - told["neutral"]
        words = embedding(model, prompter, label) - embedding(model, prompter, "neutral")
        assert torch.allclose(moved, 1.5 * words, atol=1e-6)
    assert not torch.allclose(told["anger"], told["neutral"], atol=1e-3)


def test_a_label_of_several_tokens_begins_as_their_mean():
    model, prompter = small_model(small_recipe(streams={"pooling": "statistics"}, objective=HEADS))
    longest = max(LABELS, key=lambda label: len(prompter.tokens(" " + label)))
    assert len(prompter.tokens(" " + longest)) > 1
    column = model.summary.weight[:, LABELS.index(longest)]
    assert torch.allclose(column, 1.5 * embedding(model, prompter, longest), atol=1e-7)
    assert not model.summary.bias.any()


def test_with_a_token_a_head_each_begins_as_the_word_that_its_head_says():
    """Sure heads: the emotion's second label, and of every descriptor another choice."""
    streams = {"pooling": "statistics", "verdict_tokens": True}
    model, prompter = small_model(small_recipe(streams=streams, objective=HEADS))
    chosen = {"gender": "female", "speed": "fast", "pitch": "low", "volume": "high"}
    with torch.no_grad():
        places = {slot: SPOKEN_CHOICES[slot].index(word) for slot, word in chosen.items()}
        heads = [(model.descriptor_heads[slot], place) for slot, place in places.items()]
        for head, place in [(model.emotion_head, 1), *heads]:
            head.weight.zero_()
            head.bias.copy_(100.0 * torch.eye(head.out_features)[place])
        tokens = model._summary(torch.zeros(2, model.emotion_head.in_features))
    assert model.stream_tokens(9)["summary"] == 5
    assert tokens.shape[:2] == (2, 5)
    for token, word in zip(tokens[1], [list(LABELS)[1], *chosen.values()], strict=True):
        assert torch.allclose(token, 1.5 * embedding(model, prompter, word), atol=1e-6)


def test_no_two_descriptors_begin_alike():
    """Low pitch and low volume are the same word; in one token they differ from the first step on."""
    model, _ = small_model(small_recipe(streams={"pooling": "statistics"}, objective=HEADS))
    columns = model.summary.weight[:, len(LABELS) :].T
    assert torch.pdist(columns).min() > 0.1


def test_without_an_emotion_head_nothing_begins_as_a_word():
    bare = dict.fromkeys(HEADS, 0.0)
    model, _ = small_model(small_recipe(streams={"pooling": "attentive"}, objective=bare))
    assert model.summary.in_features == 2 * model.content.latent_width
