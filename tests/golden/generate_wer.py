"""Writes tests/data/wer/jiwer.tsv: sentence pairs with their errors as jiwer counts them.

    python tests/golden/generate_wer.py     # jiwer 4.0.0 (rapidfuzz 3.14.6), Python 3.11

Columns: reference, hypothesis, word errors, character errors. How jiwer splits the errors among
substitutions, deletions and insertions is not kept: where several ways have equally few, the choice is free.
"""

import pathlib
import random

import jiwer

WORDS = "the a of and to in he was it's that his on with as had not for but at from an ann anne hat cat".split()
OUT = pathlib.Path(__file__).resolve().parents[1] / "data" / "wer" / "jiwer.tsv"


def garble(words: list[str], rate: float, rng: random.Random) -> list[str]:
    garbled = []
    for word in words:
        kind = rng.random()
        if kind < rate / 3:
            continue
        garbled.append(rng.choice(WORDS) if kind < 2 * rate / 3 else word)
        if 2 * rate / 3 <= kind < rate:
            garbled.append(rng.choice(WORDS))
    return garbled


def main() -> None:
    rng = random.Random(3)
    rows = []
    for _ in range(60):
        reference = rng.choices(WORDS, k=rng.randint(1, 25))
        pair = " ".join(reference), " ".join(garble(reference, rng.choice([0.0, 0.2, 0.6, 1.0]), rng))
        words, characters = jiwer.process_words(*pair), jiwer.process_characters(*pair)
        counts = [o.substitutions + o.deletions + o.insertions for o in (words, characters)]
        rows.append("\t".join([*pair, *map(str, counts)]))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
