import pytest
import torch

from builders import random_clips
from tonelens.batching.batch import Example, collate, pad_frames
from tonelens.batching.prompts import CONTENT, IGNORED, AnswerTokens


def example(number, frames, prompt, ids, slots):
    return Example(
        cut_id=f"c{number}", layers_TLH=random_clips([frames], number)[0].half(), prompt_ids=prompt,
        answer=AnswerTokens(ids=ids, slots=slots), token_weights={"emotion": 8.0}, emotion=number,
    )  # fmt: skip


@pytest.fixture(scope="module")
def batch():
    return collate(
        [
            example(0, 5, [1, CONTENT, 2], (10, 11, 12), ("", "emotion", "")),
            example(1, 3, [1, CONTENT, CONTENT, 2], (20, 21), ("emotion", "")),
        ]
    )


def test_targets_stand_one_before_the_tokens_they_predict(batch):
    # By hand: the last token is only a target; the prompt predicts nothing but the answer's first token.
    assert batch.ids_BS.tolist() == [[1, -1, 2, 10, 11], [1, -1, -1, 2, 20]]
    assert batch.targets_BS.tolist() == [
        [IGNORED, IGNORED, 10, 11, 12],
        [IGNORED, IGNORED, IGNORED, 20, 21],
    ]
    assert batch.weights_BS.tolist() == [[0, 0, 1, 8, 1], [0, 0, 0, 8, 1]]
    assert batch.is_token_BS.all()


def test_shorter_rows_are_padded_on_the_right():
    batch = collate([example(0, 3, [1, 2], (3,), ("",)), example(1, 3, [1, 2, 3, 4], (5, 6), ("", ""))])
    assert batch.ids_BS[0].tolist() == [1, 2, 0, 0, 0]
    assert batch.is_token_BS[0].tolist() == [True, True, False, False, False]
    assert batch.targets_BS[0].tolist() == [IGNORED, 3, IGNORED, IGNORED, IGNORED]


def test_frames_are_padded_with_zeros_and_marked(batch):
    assert batch.layers_BTLH.dtype == torch.float32
    assert batch.is_speech_BT.tolist() == [[True] * 5, [True] * 3 + [False] * 2]
    assert (batch.layers_BTLH[1, 3:] == 0).all()
    clip = random_clips([3], 1)[0].to(torch.float16).float()
    assert torch.equal(batch.layers_BTLH[1, :3], clip)


def test_a_batch_keeps_ids_and_labels_when_it_moves(batch):
    moved = batch.to(torch.device("cpu"))
    assert moved.cut_ids == ("c0", "c1")
    assert moved.emotion_B.tolist() == [0, 1]
    assert torch.equal(moved.layers_BTLH, batch.layers_BTLH)


def test_one_clip_needs_no_padding():
    layers, is_speech = pad_frames(random_clips([6]))
    assert layers.shape[:2] == (1, 6) and is_speech.all()
