import pytest
import torch

from builders import LABELS, small_model, small_recipe

HEADS = {"emotion_head_weight": 1.0, "descriptor_head_weight": 1.0}


def embedding(model, prompter, word):
    """Of a word as answers say it, after a space; the mean of its tokens."""
    ids = torch.tensor(prompter.tokens(" " + word))
    return model.llm.get_input_embeddings()(ids).mean(dim=0)


@pytest.mark.parametrize("pooling", ["statistics", "attentive"])
def test_the_summary_begins_as_the_words_of_what_the_heads_say(pooling):
    """Sure heads (logits of 100, ones elsewhere 0) make the token the sum of their five words."""
    model, prompter = small_model(small_recipe(streams={"pooling": pooling}, objective=HEADS))
    said = {"gender": "female", "speed": "slow", "pitch": "high", "volume": "doubtful"}
    options = {
        "gender": ("male", "female", "person"),
        "speed": ("slow", "normal", "fast", "doubtful"),
        "pitch": ("low", "normal", "high", "doubtful"),
        "volume": ("low", "normal", "high", "doubtful"),
    }
    with torch.no_grad():
        for head, place in [
            (model.emotion_head, LABELS.index("sadness")),
            *((model.descriptor_heads[slot], options[slot].index(word)) for slot, word in said.items()),
        ]:
            head.weight.zero_()
            head.bias.copy_(100.0 * torch.eye(len(head.bias))[place])
        pooled = torch.zeros(1, model.emotion_head.in_features)
        told = model._summary(pooled)[0, 0]
        words = sum(embedding(model, prompter, word) for word in ("sadness", *said.values()))
    assert torch.allclose(told, words, atol=1e-6)


def test_without_heads_the_summary_tells_latents_alone():
    bare = dict.fromkeys(HEADS, 0.0)
    model, _ = small_model(small_recipe(streams={"pooling": "attentive"}, objective=bare))
    assert model.summary.in_features == 2 * model.content.latent_width
    assert model.summary.weight.std() > 0, "no column begins at zero"


def test_a_word_of_several_tokens_is_their_mean():
    model, prompter = small_model(small_recipe(objective=HEADS))
    longest = max(LABELS, key=lambda label: len(prompter.tokens(" " + label)))
    assert len(prompter.tokens(" " + longest)) > 1
    column = model.summary.in_features - 15 - len(LABELS) + LABELS.index(longest)
    assert torch.allclose(model.summary.weight[:, column], embedding(model, prompter, longest), atol=1e-7)
