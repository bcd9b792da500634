"""Letters to ids and back, and CTC's collapse rule."""

from oido_train import tokens


def test_sentence_survives_the_round_trip() -> None:
    text = "mister quilter's manner"
    assert tokens.decode(tokens.encode(text)) == text


def test_collapse_merges_repeats_and_keeps_letters_parted_by_a_blank() -> None:
    b, e, blank = *tokens.encode("be"), tokens.BLANK_ID
    assert tokens.decode(tokens.collapse([blank, b, b, e, blank, e, e, blank])) == "bee"


def test_blank_comes_first_and_space_second() -> None:
    assert tokens.TOKENS[:2] == ["<blank>", "\u2581"]
    assert len(tokens.TOKENS) == 29
