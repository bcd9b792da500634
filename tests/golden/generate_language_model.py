"""Makes tests/data/decoder: a small pruned 3-gram model and what KenLM scores with it.

    pip install -r training/requirements.txt -r training/requirements-decode.txt   # kenlm 0.3.0
    PYTHONPATH=training python tests/golden/generate_language_model.py

phones.txt and lexicon.txt beside its results are written by hand. scores.tsv: a line a sentence; "begin" or "empty"
(after <s>, or without context), the words, and KenLM's log10 P of each word and of </s>.
"""

import random
from pathlib import Path

import kenlm

from oido_train import language_model, ngrams

OUT = Path(__file__).resolve().parents[1] / "data" / "decoder"
WORDS = "the a red cat cats read two to too tea at eat eats rat rats that's there their sea see".split()


def random_sentences(count: int, seed: int) -> list[str]:
    """Some pairs of words are common, so that n-grams of every order stay after pruning."""
    rng = random.Random(seed)
    sentences = []
    for _ in range(count):
        sentence = [rng.choice(WORDS)]
        while rng.random() < 0.85:
            likely = WORDS[(WORDS.index(sentence[-1]) * 7 + 3) % len(WORDS)]
            sentence.append(likely if rng.random() < 0.5 else WORDS[int(len(WORDS) * rng.random() ** 2)])
        sentences.append(" ".join(sentence))
    return sentences


def main() -> None:
    """Writes the ARPA file and the scores."""
    model = language_model.train_model([(random_sentences(400, 1), 1)], [], 100, 3, 260)
    ngrams.write_arpa(model, OUT / "tiny.arpa")
    keys = {tuple(line.split("\t")[1].split()) for line in (OUT / "tiny.arpa").read_text().splitlines() if "\t" in line}
    assert any(len(key) == 3 and key[1:] not in keys for key in keys)  # a 3-gram whose end is no 2-gram
    reader = kenlm.Model(str(OUT / "tiny.arpa"))
    rng = random.Random(2)
    sentences = ["", "the", "zebra", "zebra zebra", "<unk> cat"] + random_sentences(150, 3)
    for index in range(5, len(sentences), 5):  # a word out of the vocabulary in every fifth
        words = sentences[index].split()
        words[rng.randrange(len(words))] = "zebra"
        sentences[index] = " ".join(words)
    with open(OUT / "scores.tsv", "w", encoding="utf-8") as file:
        for index, sentence in enumerate(sentences):
            begin = index % 4 != 0
            scores = reader.full_scores(sentence, bos=begin, eos=True)
            numbers = " ".join(f"{log10:.9g}" for log10, _, _ in scores)
            file.write(f"{'begin' if begin else 'empty'}\t{sentence}\t{numbers}\n")


if __name__ == "__main__":
    main()
