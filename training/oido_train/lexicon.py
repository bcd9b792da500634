"""Pronunciations in 39 ARPAbet phones: dictionary first, then rules, then a packaged g2p network."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from oido_train.bundle import BLANK_TOKEN
from oido_train.ngrams import read_unigrams

PHONES = (
    "SIL AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG "
    "OW OY P R S SH T TH UH UW V W Y Z ZH"
).split()
PHONE_TOKENS = [BLANK_TOKEN, *PHONES[1:]]  # of phones.txt: silence is the phone head's blank
PHONE_IDS = {phone: index for index, phone in enumerate(PHONES)}


def _strip_stress(phones: list[str]) -> list[str]:
    return [phone.rstrip("012") for phone in phones]


class Lexicon:
    """Maps a word to one or more pronunciations."""

    def __init__(self, dictionary_path: Path) -> None:
        self._entries: dict[str, list[list[str]]] = {}
        with open(dictionary_path, encoding="utf-8") as file:
            for line in file:
                head, *phones = line.split("#")[0].split()
                if phones:
                    self._entries.setdefault(head.split("(")[0], []).append(_strip_stress(phones))
        self._network = None

    def knows(self, word: str) -> bool:
        """Whether `word` is in the dictionary, or was asked for before."""
        return word in self._entries

    def pronunciations(self, word: str) -> list[list[str]]:
        """All known pronunciations of `word`; made up where there is none."""
        if word not in self._entries:
            self._entries[word] = [self._make_up(word)]
        return self._entries[word]

    def _make_up(self, word: str) -> list[str]:
        if word.endswith("'s") and len(word) > 2:
            stem = self.pronunciations(word[:-2])[0]
            if stem[-1] in ("S", "Z", "SH", "ZH", "CH", "JH"):
                return [*stem, "IH", "Z"]
            return [*stem, "S" if stem[-1] in ("P", "T", "K", "F", "TH") else "Z"]
        return self._predict(word.replace("'", "")) or ["AH"]

    def _predict(self, word: str) -> list[str]:
        if self._network is None:
            import nltk

            nltk.download = lambda *_, **__: False  # g2p_en asks for corpora that we do not use
            from g2p_en.g2p import G2p

            network = G2p.__new__(G2p)
            network.graphemes = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
            vowels = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH"
            phonemes = ["<pad>", "<unk>", "<s>", "</s>"]
            for phone in vowels.split():
                phonemes += [phone + s for s in "012"] if phone[0] in "AEIOU" else [phone]
            phonemes += ["UW", "UW0", "UW1", "UW2", "V", "W", "Y", "Z", "ZH"]
            network.phonemes = phonemes
            network.g2idx = {g: i for i, g in enumerate(network.graphemes)}
            network.idx2g = dict(enumerate(network.graphemes))
            network.p2idx = {p: i for i, p in enumerate(phonemes)}
            network.idx2p = dict(enumerate(phonemes))
            network.load_variables()
            self._network = network
        return [p for p in _strip_stress(self._network.predict(word)) if p in PHONE_IDS]


def word_pronunciations(words: Iterable[str], dictionary: Path, stored: Path) -> list[tuple[str, tuple[str, ...]]]:
    """All pronunciations of each word; kept in `stored`, a line each, as the network for unknown words is slow."""
    known: dict[str, list[tuple[str, ...]]] = {}
    if stored.exists():
        for line in stored.read_text(encoding="utf-8").splitlines():
            word, *phones = line.split()
            known.setdefault(word, []).append(tuple(phones))
    words = list(words)
    missing = [word for word in words if word not in known]
    if missing:
        lexicon = Lexicon(dictionary)
        for word in missing:
            known[word] = list(dict.fromkeys(tuple(phones) for phones in lexicon.pronunciations(word)))
        lines = (f"{word}\t{' '.join(phones)}\n" for word in sorted(known) for phones in known[word])
        stored.write_text("".join(lines), encoding="utf-8")
    return [(word, phones) for word in words for phones in known[word]]


def main() -> None:
    """Writes the pronunciations of a language model's words, for oido-build-decoder: a word and its phones a line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--arpa", type=Path, required=True, help="from oido_train.language_model")
    parser.add_argument("--dictionary", type=Path, required=True, help="in the form of cmudict.dict")
    parser.add_argument("--out", type=Path, required=True, help="words that are in it already stay as they are")
    options = parser.parse_args()
    words = list(read_unigrams(options.arpa))
    known = Lexicon(options.dictionary)
    made_up = sum(not known.knows(word) for word in words)
    entries = word_pronunciations(words, options.dictionary, options.out)
    print(f"{len(words)} words, {made_up} of them not in the dictionary; {len(entries)} pronunciations")


if __name__ == "__main__":
    main()
