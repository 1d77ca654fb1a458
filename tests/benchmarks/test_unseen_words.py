from unseen_words import SENTENCES, sentence_parts


def test_sentences_are_dealt_by_the_hash_of_their_text():
    parts = sentence_parts({f"sentence {number}" for number in range(90)})
    assert {part: list(parts.values()).count(part) for part in SENTENCES} == SENTENCES
    # the 1st, 60th, 61st, 75th and 76th in the order of their sha256sum, sorted in a shell
    chosen = [parts[f"sentence {number}"] for number in (40, 86, 16, 60, 51)]
    assert chosen == ["train", "train", "dev", "dev", "test"]
