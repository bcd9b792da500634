"""Back-off n-gram models as arrays: look-up, perplexity, ARPA files."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

UNKNOWN, START, END = "<unk>", "<s>", "</s>"
UNKNOWN_ID, START_ID, END_ID = range(3)
WORD_BITS = 16  # an n-gram of up to four words is one uint64, its first word on top
START_LOG10 = -99.0  # by convention: <s> is never predicted


@dataclass
class Order:
    """N-grams of one order, sorted, with base-10 logarithms of probability and back-off weight."""

    keys: np.ndarray  # uint64 [n]
    log_probability: np.ndarray  # float64 [n]
    backoff: np.ndarray  # float64 [n], 0 where nothing longer begins with this one


@dataclass
class NgramModel:
    """A back-off model; `vocabulary` starts with <unk>, <s>, </s>."""

    vocabulary: list[str]
    orders: list[Order]


def suffix(keys: np.ndarray, words: int) -> np.ndarray:
    """The last `words` words."""
    return keys & np.uint64((1 << (WORD_BITS * words)) - 1)


def history(keys: np.ndarray) -> np.ndarray:
    """All but the last word."""
    return keys >> np.uint64(WORD_BITS)


def first_word(keys: np.ndarray, order: int) -> np.ndarray:
    """The first word of n-grams of this order."""
    return keys >> np.uint64(WORD_BITS * (order - 1))


def grouped_histories(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The histories of sorted n-grams, and the index of each n-gram's own."""
    histories = history(keys)
    starts = np.ones(len(keys), bool)
    starts[1:] = histories[1:] != histories[:-1]
    return histories[starts], np.cumsum(starts) - 1


def find(keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of each wanted key in sorted `keys`, and whether it is there."""
    if not len(keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    index = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return index, keys[index] == wanted


def encode(sentences: Iterable[str], vocabulary: list[str]) -> np.ndarray:
    """All sentences in one row of word ids, each between <s> and </s>."""
    ids = {word: index for index, word in enumerate(vocabulary)}
    stream: list[int] = []
    for sentence in sentences:
        stream.append(START_ID)
        stream.extend(ids.get(word, UNKNOWN_ID) for word in sentence.split())
        stream.append(END_ID)
    return np.array(stream, np.uint64)


def windows(stream: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Key of the n-gram that ends at each place from `order` - 1 on, and whether one sentence holds it."""
    length = max(0, len(stream) - order + 1)
    keys = stream[:length].copy()
    inside = np.ones(length, bool)
    for offset in range(1, order):
        word = stream[offset : offset + length]
        keys = (keys << np.uint64(WORD_BITS)) | word
        inside &= word != START_ID
    return keys, inside


def lookup(model: NgramModel, keys: np.ndarray, order: int) -> np.ndarray:
    """Base-10 log probability of the last word of each key after the words before it."""
    own = model.orders[order - 1]
    index, found = find(own.keys, keys)
    if order == 1:
        return own.log_probability[index]
    lower = model.orders[order - 2]
    place, has_backoff = find(lower.keys, history(keys))
    result = np.where(has_backoff, lower.backoff[place] if len(lower.keys) else 0.0, 0.0)
    result[~found] += lookup(model, suffix(keys[~found], order - 1), order - 1)
    result[found] = own.log_probability[index[found]]
    return result


def word_log10(model: NgramModel, stream: np.ndarray) -> np.ndarray:
    """Base-10 log probability of each place of an encoded stream; of no meaning at <s>."""
    result = lookup(model, stream, 1)
    for order in range(2, len(model.orders) + 1):
        keys, inside = windows(stream, order)
        result[order - 1 :][inside] = lookup(model, keys[inside], order)
    return result


def perplexity(model: NgramModel, sentences: list[str]) -> tuple[float, float]:
    """Perplexity over known words and sentence ends, and the share of unknown words."""
    stream = encode(sentences, model.vocabulary)
    scored = (stream != START_ID) & (stream != UNKNOWN_ID)
    mean = float(word_log10(model, stream)[scored].mean())
    words = (stream != START_ID) & (stream != END_ID)
    return 10.0**-mean, float((stream[words] == UNKNOWN_ID).mean())


def write_arpa(model: NgramModel, path: Path) -> None:
    """Writes the model as text; histories that give nothing away have no back-off column."""
    words = model.vocabulary
    with open(path, "w", encoding="utf-8") as file:
        file.write("\\data\\\n")
        file.writelines(f"ngram {n}={len(order.keys)}\n" for n, order in enumerate(model.orders, 1))
        for n, order in enumerate(model.orders, 1):
            file.write(f"\n\\{n}-grams:\n")
            rows = zip(order.keys.tolist(), order.log_probability.tolist(), order.backoff.tolist())
            shifts = range(WORD_BITS * (n - 1), -1, -WORD_BITS)
            mask = (1 << WORD_BITS) - 1
            for key, probability, backoff in rows:
                text = " ".join([words[(key >> shift) & mask] for shift in shifts])
                file.write(f"{probability:.5f}\t{text}" + (f"\t{backoff:.5f}\n" if backoff else "\n"))
        file.write("\n\\end\\\n")


def read_unigrams(arpa: Path) -> dict[str, float]:
    """Natural-log probability of each word of an ARPA file; its symbols left out."""
    unigrams: dict[str, float] = {}
    inside = False
    with open(arpa, encoding="utf-8") as file:
        for line in file:
            if line.startswith("\\"):
                if inside:
                    break
                inside = line.startswith("\\1-grams:")
            elif inside and line.strip():
                probability, word = line.split()[:2]
                if not word.startswith("<"):
                    unigrams[word] = float(probability) * math.log(10)
    return unigrams
