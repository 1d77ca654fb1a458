import sys

import pytest
import torch

from builders import LABELS, batch_of, random_clips, save_llama, small_model, small_recipe
from tonelens.batching.prompts import CHAT_TEMPLATE
from tonelens.errors import ModelError
from tonelens.model.language_model import (
    load_pretrained,
    load_tokenizer,
    save_config,
    small_llama,
    token_width,
    train_tokenizer,
)
from tonelens.recipe import LlmConfig
from tonelens.training.stages import ASR, JOINT, SER_SED, set_stage

TEXTS = ["The male speaks.", "The female speaks.", "Sie sagt 'jetzt'."]


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return save_llama(tmp_path_factory.mktemp("llama"))


def lora(source, **more):
    return small_recipe(llm={"source": str(source), "lora_rank": 4, **more})


def test_the_tokenizer_is_the_same_for_the_same_texts_in_any_order():
    first, second = train_tokenizer(TEXTS, 300), train_tokenizer(reversed(TEXTS), 300)
    assert first.get_vocab() == second.get_vocab()


def test_the_tokenizer_says_any_text():
    tokenizer = train_tokenizer(TEXTS, 300)
    for text in ["", "怒り 🙂", "a\tb\n\nc", "l'été — 50 %", "\x00\x7f"]:
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


@pytest.mark.parametrize("tail", ["", ".", ". Based on", ", in a tone of"])
def test_a_closing_quote_is_one_token_whatever_follows(tail):
    tokenizer = train_tokenizer([f"'a'{tail}"] * 50, 400)
    quote = tokenizer.encode("'", add_special_tokens=False)
    assert len(quote) == 1
    assert tokenizer.encode("'" + tail, add_special_tokens=False)[0] == quote[0]


def test_a_small_llama_has_the_recipe_s_size_and_can_be_rebuilt(tmp_path):
    tokenizer = train_tokenizer(TEXTS, 300)
    config = LlmConfig(source="scratch", lora_rank=0, width=32, layers=3, heads=4)
    model = small_llama(config, tokenizer)
    assert token_width(model) == 32
    assert len(model.model.layers) == 3
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    save_config(model, tokenizer, tmp_path)
    assert not list(tmp_path.glob("*.safetensors")), "the weights are the checkpoint's affair"
    assert load_tokenizer(str(tmp_path)).get_vocab() == tokenizer.get_vocab()


def test_lora_trains_only_lora_matrices_in_every_stage(llama):
    model, _ = small_model(lora(llama))
    for stage in (ASR, SER_SED, JOINT):
        set_stage(model, stage)
        trainable = {name for name, p in model.llm.named_parameters() if p.requires_grad}
        non_lora_trainable = {name for name in trainable if "lora_" not in name}
        assert non_lora_trainable == set()
        lora_frozen = {name for name, p in model.llm.named_parameters() if "lora_" in name} - trainable
        assert lora_frozen == set()


def test_lora_sits_on_every_attention_and_mlp_projection_and_nowhere_else(llama):
    model, _ = small_model(lora(llama))
    adapted = {
        name.split(".lora_A")[0].rsplit(".", 1)[-1]
        for name, _ in model.llm.named_parameters()
        if "lora_A" in name
    }
    assert adapted == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert sum("lora_A" in name for name, _ in model.llm.named_parameters()) == 2 * 7, "two layers"


def test_fresh_lora_changes_nothing(llama):
    clips = random_clips([9, 14])
    losses = []
    for rank in (0, 4):
        model, prompter = small_model(small_recipe(llm={"source": str(llama), "lora_rank": rank}))
        streams = small_model(small_recipe())[0]
        model.content.load_state_dict(streams.content.state_dict())
        for part in ("descriptor", "pooling", "summary", "emotion_head"):
            getattr(model, part).load_state_dict(getattr(streams, part).state_dict())
        with torch.no_grad():
            losses.append(model.eval()(batch_of(model, prompter, clips), JOINT).cross_entropy.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_a_saved_llama_gives_its_own_logits(llama):
    from transformers import LlamaForCausalLM

    config = LlmConfig(source=str(llama), lora_rank=0)
    model = load_pretrained(config, load_tokenizer(str(llama)))
    ids = torch.tensor([[1, 5, 9]])
    with torch.no_grad():
        expected = LlamaForCausalLM.from_pretrained(llama)(ids).logits
        assert torch.equal(model.eval()(ids).logits, expected)


def test_a_tokenizer_without_a_chat_template_gets_ours_with_the_same_rows_each_time(tmp_path):
    """The new rows of a frozen LLM are not in the model folder, so they must come out the same."""
    source = save_llama(tmp_path, chat_template=False)
    tokenizer = load_tokenizer(str(source))
    assert tokenizer.chat_template == CHAT_TEMPLATE
    before = torch.random.get_rng_state()
    first = load_pretrained(LlmConfig(source=str(source), lora_rank=4), tokenizer)
    torch.manual_seed(99)
    second = load_pretrained(LlmConfig(source=str(source), lora_rank=4), tokenizer)
    rows = [model.get_input_embeddings().weight for model in (first, second)]
    assert len(rows[0]) == len(tokenizer) == 300 + 4, "system, user, assistant, end"
    assert torch.equal(*rows)
    torch.random.set_rng_state(before)


def test_four_bits_without_the_extra_name_the_extra(llama, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    config = LlmConfig(source=str(llama), lora_rank=4, load_in_4bit=True)
    with pytest.raises(ModelError, match=r"pip install 'tonelens\[4bit\]'"):
        load_pretrained(config, load_tokenizer(str(llama)))


def test_a_missing_llm_or_tokenizer_is_refused_in_one_line(tmp_path, llama):
    with pytest.raises(ModelError, match="no tokenizer can be loaded") as caught:
        load_tokenizer(str(tmp_path / "none"))
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="no causal LM can be loaded"):
        load_pretrained(LlmConfig(source=str(tmp_path)), load_tokenizer(str(llama)))


def test_stories260k_loads_with_lora_and_answers(shared):
    source = shared / "weights" / "stories260K"
    if not source.is_dir():
        pytest.skip("needs the weights of stories260K beside the shared corpora")
    from tonelens.descriptors.sentences import read
    from tonelens.model.answering import Answerer

    model, prompter = small_model(lora(source))
    asks = Answerer(model, prompter, LABELS)
    clips = random_clips([9, 30])
    answers = asks.answer(clips)
    assert all(read(asks.grammar, answer.text) == answer.values for answer in answers)
    for clip, answer in zip(clips, answers, strict=True):
        assert asks.answer([clip])[0].values == answer.values
