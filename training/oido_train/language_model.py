"""Makes word n-gram models from text: interpolated modified Kneser-Ney, entropy pruning.

Kneser-Ney as in Chen and Goodman, "An empirical study of smoothing techniques" (1998), section 3;
pruning as in Stolcke, "Entropy-based pruning of backoff language models" (1998), with the share of
a history taken from its count in the text, as Chelba et al. (2010) advise for Kneser-Ney models.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oido_train import ngrams as grams
from oido_train.config import read_experiment
from oido_train.manifest import read_manifest
from oido_train.ngrams import (
    END, START, START_ID, UNKNOWN, UNKNOWN_ID, WORD_BITS, NgramModel, Order, encode, find, first_word,
    grouped_histories, history, lookup, suffix, windows,
)


@dataclass
class Counts:
    """N-grams of one order, sorted, with their counts."""

    keys: np.ndarray  # uint64 [n]
    counts: np.ndarray  # int64 [n]


def choose_vocabulary(sentences: Iterable[str], always: Iterable[str], size: int) -> list[str]:
    """The words of `always` and the most frequent others, `size` in all with the three symbols."""
    counts = Counter(word for sentence in sentences for word in sentence.split())
    chosen = dict.fromkeys(sorted(set(always)))
    for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if len(chosen) >= size - 3:
            break
        chosen[word] = None
    if len(chosen) + 3 > 1 << WORD_BITS:
        raise ValueError(f"vocabulary of {len(chosen)} words, at most {(1 << WORD_BITS) - 3}")
    return [UNKNOWN, START, END, *sorted(chosen)]


def count_ngrams(texts: list[tuple[np.ndarray, int]], order: int) -> Counts:
    """Counts over several streams, each with a whole-number weight."""
    parts = []
    for stream, weight in texts:
        keys, inside = windows(stream, order)
        unique, counts = np.unique(keys[inside], return_counts=True)
        parts.append((unique, counts * weight))
    keys, inverse = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    counts = np.bincount(inverse, np.concatenate([part[1] for part in parts])).astype(np.int64)
    return Counts(keys, counts)


def _continuation_counts(raw: Counts, longer: Counts, order: int) -> np.ndarray:
    """How many words precede each n-gram; its own count where it starts a sentence."""
    suffixes, preceding = np.unique(suffix(longer.keys, order), return_counts=True)
    index, found = find(suffixes, raw.keys)
    counts = np.where(found, preceding[index], 0)
    return np.where(first_word(raw.keys, order) == START_ID, raw.counts, counts)


def discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from counts of 0, 1, 2, and 3 or more; a plain discount where a text is too small."""
    seen = [int(np.count_nonzero(counts == value)) for value in range(1, 5)]
    if min(seen) == 0:
        return np.array([0.0, 0.5, 0.5, 0.5])
    ratio = seen[0] / (seen[0] + 2 * seen[1])
    values = [value - (value + 1) * ratio * seen[value] / seen[value - 1] for value in (1, 2, 3)]
    return np.array([0.0, *np.clip(values, 0.05, [1.0, 2.0, 3.0])])


def _interpolate(keys: np.ndarray, counts: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of each n-gram, given those of their suffixes; the histories, and the mass each gives away."""
    histories, inverse = grouped_histories(keys)
    taken = discounts(counts)[np.minimum(counts, 3)]
    total = np.bincount(inverse, counts)
    given = np.bincount(inverse, taken) / total
    return (counts - taken) / total[inverse] + given[inverse] * lower, histories, given


def estimate(raw: list[Counts], vocabulary: list[str]) -> NgramModel:
    """A model from the counts of orders 1 to N."""
    orders: list[Order] = []
    for order, own in enumerate(raw, start=1):
        counts = own.counts if order == len(raw) else _continuation_counts(own, raw[order], order)
        if order == 1:
            keys = np.arange(len(vocabulary), dtype=np.uint64)
            index, found = find(own.keys, keys)
            counts = np.where(found & (keys != START_ID), counts[index], 0)
            uniform = np.full(len(keys), 1.0 / (len(vocabulary) - 1))
            probability, _, _ = _interpolate(keys, counts, uniform)
        else:
            keys = own.keys
            index, _ = find(orders[-1].keys, suffix(keys, order - 1))
            probability, histories, given = _interpolate(keys, counts, 10.0 ** orders[-1].log_probability[index])
            place, _ = find(orders[-1].keys, histories)
            orders[-1].backoff[place] = np.log10(np.maximum(given, 1e-12))
        orders.append(Order(keys, np.log10(probability), np.zeros(len(keys))))
    orders[0].log_probability[START_ID] = grams.START_LOG10
    return NgramModel(vocabulary, [orders[0], *(_without_unknown(order, n) for n, order in enumerate(orders[1:], 2))])


def _without_unknown(order: Order, length: int) -> Order:
    """Drops n-grams with <unk>: no lexicon has it, so a decoder never asks."""
    keep = np.ones(len(order.keys), bool)
    for position in range(length):
        word = (order.keys >> np.uint64(WORD_BITS * position)) & np.uint64((1 << WORD_BITS) - 1)
        keep &= word != UNKNOWN_ID
    return Order(order.keys[keep], order.log_probability[keep], order.backoff[keep])


def _pruning_costs(model: NgramModel, raw: list[Counts], order: int) -> np.ndarray:
    """Relative entropy (nats) that the loss of each n-gram of this order would add."""
    own, lower = model.orders[order - 1], model.orders[order - 2]
    histories, inverse = grouped_histories(own.keys)
    probability = 10.0**own.log_probability
    below = 10.0 ** lower.log_probability[find(lower.keys, suffix(own.keys, order - 1))[0]]
    free = np.maximum(1e-9, 1.0 - np.bincount(inverse, probability))
    free_below = np.maximum(1e-9, 1.0 - np.bincount(inverse, below))
    backoff = (free / free_below)[inverse]
    new_backoff = (free[inverse] + probability) / (free_below[inverse] + below)
    share = raw[order - 2].counts[find(raw[order - 2].keys, histories)[0]] / raw[0].counts.sum()
    change = probability * np.log(new_backoff * below / probability)
    return -share[inverse] * (change + free[inverse] * np.log(new_backoff / backoff))


def _kept_above(costs: list[np.ndarray], places: list[np.ndarray], threshold: float) -> list[np.ndarray]:
    """Which n-grams of orders 2 to N stay: costly ones, and the histories (at `places`) of those that stay."""
    kept = [cost >= threshold for cost in costs]
    for index in range(len(kept) - 1, 0, -1):
        kept[index - 1][places[index][kept[index]]] = True
    return kept


def prune(model: NgramModel, raw: list[Counts], ngrams: int) -> NgramModel:
    """The model with at most `ngrams` n-grams of order 2 and more: those whose loss costs most."""
    orders = model.orders
    if sum(len(order.keys) for order in orders[1:]) <= ngrams:
        return model
    costs = [_pruning_costs(model, raw, order) for order in range(2, len(orders) + 1)]
    places = [find(lower.keys, history(own.keys))[0] for lower, own in zip(orders, orders[1:])]
    low, high = -40.0, 0.0  # natural logarithms of thresholds: too many stay, few enough stay
    for _ in range(24):
        middle = (low + high) / 2
        stay = sum(int(keep.sum()) for keep in _kept_above(costs, places, np.exp(middle)))
        low, high = (middle, high) if stay > ngrams else (low, middle)
    kept = _kept_above(costs, places, np.exp(high))
    pruned = [Order(orders[0].keys, orders[0].log_probability, orders[0].backoff)]
    for order, keep in zip(orders[1:], kept):
        pruned.append(Order(order.keys[keep], order.log_probability[keep], np.zeros(int(keep.sum()))))
    result = NgramModel(model.vocabulary, pruned)
    for order in range(2, len(pruned) + 1):
        _renormalise(result, order)
    return result


def _renormalise(model: NgramModel, order: int) -> None:
    """Sets the back-off weights of order - 1 so that each history's probabilities sum to one."""
    own, lower = model.orders[order - 1], model.orders[order - 2]
    histories, inverse = grouped_histories(own.keys)
    left = 1.0 - np.bincount(inverse, 10.0**own.log_probability)
    below = 1.0 - np.bincount(inverse, 10.0 ** lookup(model, suffix(own.keys, order - 1), order - 1))
    lower.backoff[:] = 0.0
    lower.backoff[find(lower.keys, histories)[0]] = np.log10(np.maximum(left, 1e-9) / np.maximum(below, 1e-9))


def train_model(
    texts: list[tuple[list[str], int]], always: Iterable[str], size: int, order: int, ngrams: int | None
) -> NgramModel:
    """Vocabulary, counts, estimate and pruning; `texts` are sentences with a weight."""
    vocabulary = choose_vocabulary((s for sentences, _ in texts for s in sentences), always, size)
    streams = [(encode(sentences, vocabulary), weight) for sentences, weight in texts]
    raw = [count_ngrams(streams, n) for n in range(1, order + 1)]
    model = estimate(raw, vocabulary)
    return prune(model, raw, ngrams) if ngrams else model


def main() -> None:
    """Makes an ARPA file from a text and the transcripts of the train split; prints perplexities."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the experiment's TOML: its dev speakers")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--text", type=Path, required=True, help="one sentence a line")
    parser.add_argument("--out", type=Path, required=True, help="ARPA file")
    parser.add_argument("--order", type=int, default=3)
    parser.add_argument("--vocabulary", type=int, default=40000)
    parser.add_argument("--ngrams", type=int, default=0, help="of order 2 and more, after pruning; 0: all")
    parser.add_argument("--transcript-weight", type=int, default=1)
    parser.add_argument("--leave-out", action="append", default=[], help="source whose transcripts do not count")
    parser.add_argument("--splits", nargs="+", default=["dev"], help="for perplexities")
    options = parser.parse_args()

    utterances = read_manifest(options.data, read_experiment(options.config).data.dev_speakers)
    measured = {u.text for u in utterances if u.split != "train"}  # some sentences are read by many speakers
    trained = [u for u in utterances if u.split == "train" and u.source not in options.leave_out]
    transcripts = [u.text for u in trained if u.text not in measured]
    sentences = options.text.read_text(encoding="utf-8").splitlines()
    always = {word for text in transcripts for word in text.split()}
    texts = [(sentences, 1), (transcripts, options.transcript_weight)]
    model = train_model(texts, always, options.vocabulary, options.order, options.ngrams)
    print("n-grams", *(len(order.keys) for order in model.orders))
    for split, source in sorted({(u.split, u.source) for u in utterances if u.split in options.splits}):
        chosen = [u.text for u in utterances if (u.split, u.source) == (split, source)]
        value, unknown = grams.perplexity(model, chosen)
        print(f"{split} {source}: perplexity {value:.1f}, {unknown:.2%} unknown words")
    grams.write_arpa(model, options.out)


if __name__ == "__main__":
    main()
