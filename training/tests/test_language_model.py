"""N-gram models against a second, plain implementation, and against what probabilities must obey."""

import itertools
import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from oido_train import language_model as lm
from oido_train import ngrams


def _sentences(count: int, seed: int = 5) -> list[str]:
    """Sentences of a small random grammar: some pairs of words are common."""
    rng = random.Random(seed)
    words = [f"w{chr(97 + i)}" for i in range(12)]
    result = []
    for _ in range(count):
        sentence = [rng.choice(words)]
        while rng.random() < 0.8:
            next_word = words[(words.index(sentence[-1]) * 5 + 1) % 12]
            sentence.append(next_word if rng.random() < 0.5 else words[int(12 * rng.random() ** 2)])
        result.append(" ".join(sentence))
    return result


class PlainKneserNey:
    """The textbook's recursion over dictionaries."""

    def __init__(self, sentences: list[str], order: int, vocabulary: list[str]) -> None:
        self.predicted = [word for word in vocabulary if word != ngrams.START]
        padded = [[ngrams.START, *s.split(), ngrams.END] for s in sentences]
        raw = [
            Counter(tuple(s[i : i + n]) for s in padded for i in range(len(s) - n + 1)) for n in range(1, order + 1)
        ]
        self.counts = []
        for n in range(1, order + 1):
            if n == order:
                counts = dict(raw[n - 1])
            else:
                before: dict[tuple[str, ...], set[str]] = {}
                for gram in raw[n]:
                    before.setdefault(gram[1:], set()).add(gram[0])
                counts = {g: c if g[0] == ngrams.START else len(before[g]) for g, c in raw[n - 1].items()}
            if n == 1:
                counts.pop((ngrams.START,))
            self.counts.append(counts)
        self.discounts = [lm.discounts(np.array(list(counts.values()))) for counts in self.counts]

    def probability(self, history: tuple[str, ...], word: str) -> float:
        n = len(history) + 1
        lower = self.probability(history[1:], word) if history else 1.0 / len(self.predicted)
        after = {g: c for g, c in self.counts[n - 1].items() if g[:-1] == history}
        if not after:
            return lower
        taken = {g: self.discounts[n - 1][min(c, 3)] for g, c in after.items()}
        own = (after.get((*history, word), 0) - taken.get((*history, word), 0)) / sum(after.values())
        return own + sum(taken.values()) / sum(after.values()) * lower


def _sum_after(model: ngrams.NgramModel, history: list[str]) -> float:
    ids = {word: index for index, word in enumerate(model.vocabulary)}
    total = 0.0
    for word in model.vocabulary:
        if word != ngrams.START:
            stream = np.array([ids[w] for w in [*history, word]], np.uint64)
            total += 10.0 ** ngrams.word_log10(model, stream)[-1]
    return total


def test_equals_a_plain_implementation() -> None:
    sentences = _sentences(150)
    model = lm.train_model([(sentences, 1)], [], 100, 3, None)
    plain = PlainKneserNey(sentences, 3, model.vocabulary)
    assert 0.0 < plain.discounts[2][1] < 1.0  # enough text for the three discounts
    for sentence in [*sentences[:8], *_sentences(8, seed=9)]:
        stream = ngrams.encode([sentence], model.vocabulary)
        words = [ngrams.START, *sentence.split(), ngrams.END]
        expected = [plain.probability(tuple(words[max(0, i - 2) : i]), words[i]) for i in range(1, len(words))]
        np.testing.assert_allclose(10.0 ** ngrams.word_log10(model, stream)[1:], expected, rtol=1e-9)


@pytest.mark.parametrize("kept", [None, 60])
def test_probabilities_after_any_history_sum_to_one(kept: int | None) -> None:
    model = lm.train_model([(_sentences(150), 1)], [], 100, 3, kept)
    words = model.vocabulary[3:]
    pairs = [list(pair) for pair in itertools.product(words[:5], words)]
    for history in [[ngrams.START], [ngrams.START, words[0]], *pairs]:
        assert _sum_after(model, history) == pytest.approx(1.0, abs=1e-6)


def test_pruning_drops_what_costs_least() -> None:
    sentences = _sentences(400)
    full = lm.train_model([(sentences, 1)], [], 100, 3, None)
    pruned = lm.train_model([(sentences, 1)], [], 100, 3, 80)
    assert 60 <= sum(len(order.keys) for order in pruned.orders[1:]) <= 80
    bigrams = set(pruned.orders[1].keys.tolist())
    assert all(int(key) >> 16 in bigrams for key in pruned.orders[2].keys)
    unigrams = full.orders[0]
    alone = ngrams.Order(unigrams.keys, unigrams.log_probability, 0 * unigrams.backoff)
    unigram_only = ngrams.NgramModel(full.vocabulary, [alone])
    values = [ngrams.perplexity(model, sentences)[0] for model in (full, pruned, unigram_only)]
    assert values[0] < values[1] < 0.9 * values[2]


def test_weight_is_repetition() -> None:
    first, second = _sentences(60), _sentences(20, seed=6)
    by_weight = lm.train_model([(first, 1), (second, 3)], [], 100, 2, None)
    repeated = lm.train_model([(first + 3 * second, 1)], [], 100, 2, None)
    for one, other in zip(by_weight.orders, repeated.orders):
        np.testing.assert_array_equal(one.keys, other.keys)
        np.testing.assert_allclose(one.log_probability, other.log_probability)


def test_unknown_words_are_counted_and_not_kept_in_ngrams() -> None:
    sentences = _sentences(200)
    model = lm.train_model([(sentences, 1)], ["wa"], 8, 3, None)
    assert len(model.vocabulary) == 8 and "wa" in model.vocabulary
    for length, order in enumerate(model.orders[1:], 2):
        for position in range(length):
            assert not np.any((order.keys >> np.uint64(16 * position)) & np.uint64(0xFFFF) == ngrams.UNKNOWN_ID)
    value, unknown = ngrams.perplexity(model, ["wa zz", "wa wa"])
    assert unknown == 0.25 and math.isfinite(value)


def test_kenlm_reads_the_file_alike(tmp_path: Path) -> None:
    kenlm = pytest.importorskip("kenlm", reason="kenlm is not installed")
    model = lm.train_model([(_sentences(150), 1)], [], 100, 3, 90)
    ngrams.write_arpa(model, tmp_path / "lm.arpa")
    reader = kenlm.Model(str(tmp_path / "lm.arpa"))
    for sentence in _sentences(10, seed=8):
        expected = ngrams.word_log10(model, ngrams.encode([sentence], model.vocabulary))[1:].sum()
        assert reader.score(sentence) == pytest.approx(expected, abs=1e-3)
