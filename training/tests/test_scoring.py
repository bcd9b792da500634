"""Error counts against alignments worked out by hand."""

from oido_train.scoring import count_errors


def test_counts_each_kind_of_error() -> None:
    errors = count_errors("the cat sat down".split(), "the hat sat right down now".split())
    assert (errors.substitutions, errors.deletions, errors.insertions, errors.reference) == (1, 0, 2, 4)


def test_empty_hypothesis_is_all_deletions() -> None:
    errors = count_errors("abc", "")
    assert (errors.deletions, errors.rate) == (3, 1.0)
