"""Beam search for words with a lexicon and an n-gram model, over the phone or the letter head."""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from oido_train import tokens
from oido_train.lexicon import PHONE_IDS, PHONES

BLANK_ID = 0  # in both heads
_SPACE_ID = tokens.encode(" ")[0]
_IMPOSSIBLE = -1e9  # natural log
_SPELLED_ALIKE_MAX = 6  # flashlight's limit; the most frequent words stay


@dataclass(frozen=True)
class DecoderOptions:
    """Weights of the search; scores are natural logarithms."""

    beam: int = 64
    beam_threshold: float = 18.0  # hypotheses this far behind the best are dropped
    lm_weight: float = 0.8
    word_score: float = 0.5  # added for each word
    blank_penalty: float = 0.5  # taken from the blank at every step


@dataclass(frozen=True)
class Candidate:
    """One sentence of an n-best list, with its parts of the score before their weights."""

    words: tuple[str, ...]
    acoustic: float
    lm: float


@dataclass(frozen=True)
class Weights:
    """How the parts of a candidate's score are added; letters are its CTC score by the letter head."""

    lm: float
    word: float
    letters: float


class WordDecoder:
    """flashlight-text's lexicon decoder, made to follow CTC where words have no separator.

    It ends a word with the first step of its last token, and would refuse further steps of it. So a
    phone spelling `a b` is entered twice, as `a b` and as `a b b'`, where b' is an output of its own
    with the value of b: staying in `a b` and leaving through b' are the further steps. A blank
    before b', and b of the next word right after b', are let through as well: a sentence scores a
    little more than by the exact rule, never less. Letter spellings end with the space; one more
    step behind the last lets a sentence end without. N-gram scores are exact, and sentences are
    kept apart by all their words: nothing is merged that differs in words.
    """

    def __init__(
        self, spellings: list[tuple[str, tuple[int, ...]]], unigrams: dict[str, float], arpa: Path,
        classes: int, with_spaces: bool,
    ) -> None:
        from flashlight.lib.text import decoder as flashlight
        from flashlight.lib.text.decoder.kenlm import KenLM
        from flashlight.lib.text.dictionary import Dictionary

        self._flashlight = flashlight
        self._classes = classes
        self._with_spaces = with_spaces
        self._words = Dictionary()
        for word in unigrams:
            self._words.add_entry(word)
        self._words.add_entry("<unk>")
        self._lm = KenLM(str(arpa), self._words)
        self._trie = flashlight.Trie(2 * classes, _SPACE_ID if with_spaces else BLANK_ID)
        spelled_alike: Counter[tuple[int, ...]] = Counter()
        for word, ids in sorted(spellings, key=lambda item: -unigrams[item[0]]):
            spelled_alike[ids] += 1
            if spelled_alike[ids] > _SPELLED_ALIKE_MAX:
                continue
            index, ahead = self._words.get_index(word), unigrams[word] / math.log(10)
            extra = _SPACE_ID if with_spaces else classes + ids[-1]
            if not with_spaces:
                self._trie.insert(list(ids), index, ahead)
            self._trie.insert([*ids, extra], index, ahead)
        self._trie.smear(flashlight.SmearingMode.MAX)

    def n_best(self, log_probabilities: np.ndarray, options: DecoderOptions, count: int) -> list[Candidate]:
        """The best distinct sentences for natural-log outputs [steps, classes], best first."""
        flashlight = self._flashlight
        settings = flashlight.LexiconDecoderOptions(
            beam_size=options.beam, beam_size_token=2 * self._classes, beam_threshold=options.beam_threshold,
            lm_weight=options.lm_weight * math.log(10), word_score=options.word_score, unk_score=-math.inf,
            sil_score=0.0 if self._with_spaces else _IMPOSSIBLE,  # else the blank at a word's end counts twice
            log_add=True, criterion_type=flashlight.CriterionType.CTC,
        )
        search = flashlight.LexiconDecoder(
            settings, self._trie, self._lm, _SPACE_ID if self._with_spaces else BLANK_ID, BLANK_ID,
            self._words.get_index("<unk>"), [], False,
        )
        emissions = self._emissions(log_probabilities, options.blank_penalty)
        results = search.decode(emissions.ctypes.data, len(emissions), emissions.shape[1])
        candidates: dict[tuple[str, ...], Candidate] = {}
        for result in results:
            words = tuple(self._words.get_entry(index) for index in result.words if index >= 0)
            lm = result.lmScore * math.log(10)
            acoustic = result.score - options.lm_weight * lm - options.word_score * len(words)
            candidates.setdefault(words, Candidate(words, acoustic, lm))
            if len(candidates) == count:
                break
        return list(candidates.values())

    def _emissions(self, log_probabilities: np.ndarray, blank_penalty: float) -> np.ndarray:
        values = log_probabilities.astype(np.float32)
        values[:, BLANK_ID] -= blank_penalty
        if self._with_spaces:
            last = np.full((1, self._classes), _IMPOSSIBLE, np.float32)
            last[0, _SPACE_ID] = 0.0
            values = np.concatenate([values, last])
        return np.ascontiguousarray(np.concatenate([values, values], axis=1))


def phone_decoder(
    pronunciations: list[tuple[str, tuple[str, ...]]], unigrams: dict[str, float], arpa: Path
) -> WordDecoder:
    """Decoder over the phone head."""
    spellings = [(word, tuple(PHONE_IDS[phone] for phone in phones)) for word, phones in pronunciations]
    return WordDecoder(spellings, unigrams, arpa, len(PHONES), with_spaces=False)


def letter_decoder(unigrams: dict[str, float], arpa: Path) -> WordDecoder:
    """Decoder over the letter head."""
    spellings = [(word, tuple(tokens.encode(word))) for word in unigrams]
    return WordDecoder(spellings, unigrams, arpa, len(tokens.TOKENS), with_spaces=True)


def letter_scores(log_probabilities: np.ndarray, texts: list[str]) -> np.ndarray:
    """Natural-log CTC probability of each text for letter outputs [steps, tokens]."""
    targets = [torch.tensor(tokens.encode(text), dtype=torch.long) for text in texts]
    steps = torch.from_numpy(log_probabilities.astype(np.float32))[:, None].expand(-1, len(texts), -1)
    loss = torch.nn.functional.ctc_loss(
        steps, torch.nn.utils.rnn.pad_sequence(targets, batch_first=True),
        torch.full((len(texts),), len(log_probabilities)), torch.tensor([len(target) for target in targets]),
        blank=BLANK_ID, reduction="none",
    )
    return -np.minimum(loss.numpy(), -_IMPOSSIBLE)


def choose(candidates: list[Candidate], letters: np.ndarray, weights: Weights) -> str:
    """The best sentence by the weighted sum."""
    if not candidates:
        return ""
    scores = [
        c.acoustic + weights.lm * c.lm + weights.word * len(c.words) + weights.letters * score
        for c, score in zip(candidates, letters)
    ]
    return " ".join(candidates[int(np.argmax(scores))].words)


def ideal_phones(pronunciations: dict[str, tuple[str, ...]], text: str, right: float = 0.9) -> np.ndarray:
    """Log outputs [steps, phones] that say `text`: each phone for two steps, then blank."""
    ids = [PHONE_IDS[phone] for word in text.split() for phone in pronunciations[word]]
    classes = np.array([step for phone in ids for step in (phone, phone, BLANK_ID)])
    outputs = np.full((len(classes), len(PHONES)), (1.0 - right) / (len(PHONES) - 1))
    outputs[np.arange(len(classes)), classes] = right
    return np.log(outputs)
