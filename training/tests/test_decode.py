"""Word decoder against enumeration of every alignment of every short sentence, on a tiny lexicon."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from oido_train import decode, language_model, ngrams, tokens, word_decoder
from oido_train.lexicon import PHONE_IDS, PHONES, word_pronunciations
from oido_train.manifest import Utterance
from oido_train.scoring import ErrorCount
from oido_train.word_decoder import Candidate, DecoderOptions, Weights

# "to" and "two" sound alike; "at tea" has one phone twice across words; "a" is one phone and has two forms.
ENTRIES = [
    ("a", ("AH",)), ("a", ("EY",)), ("at", ("AE", "T")), ("tea", ("T", "IY")),
    ("to", ("T", "UW")), ("two", ("T", "UW")), ("eat", ("IY", "T")),
]
SENTENCES = ["eat at two", "a tea", "to eat a tea", "at tea", "to a tea", "eat at tea", "two", "a", "to eat at two"]


def _ctc_sum(log_outputs: np.ndarray, ids: list[int]) -> float:
    """Log of the summed probability of all alignments of `ids`, by the forward recursion over (blank, last) pairs."""
    ends = {(-1, True): 0.0}  # number of the last token said; whether the last step was blank
    for row in log_outputs:
        new: dict[tuple[int, bool], float] = {}
        for (last, blank), value in ends.items():
            moves = [((last, True), row[0])]
            if last >= 0 and not blank:
                moves.append(((last, False), row[ids[last]]))
            if last + 1 < len(ids) and (blank or last < 0 or ids[last + 1] != ids[last]):
                moves.append(((last + 1, False), row[ids[last + 1]]))
            for state, step in moves:
                new[state] = np.logaddexp(new.get(state, -math.inf), value + step)
        ends = new
    return float(np.logaddexp(ends.get((len(ids) - 1, True), -math.inf), ends.get((len(ids) - 1, False), -math.inf)))


def _enumerated(outputs: np.ndarray, ids: list[int]) -> float:
    """The same by listing every path."""
    total = -math.inf
    for path in itertools.product(range(outputs.shape[1]), repeat=len(outputs)):
        if tokens.collapse(list(path)) == ids:
            total = np.logaddexp(total, sum(outputs[step, token] for step, token in enumerate(path)))
    return float(total)


def _noisy(rng: np.random.Generator, ids: list[int], classes: int) -> np.ndarray:
    """Log outputs that mean `ids`, each for one to three steps with some blanks between, and some confusion."""
    steps = []
    for index, token in enumerate(ids):
        if rng.random() < 0.4 or (index and ids[index - 1] == token):
            steps.append(0)
        steps += [token] * int(rng.integers(1, 4))
    logits = rng.normal(0.0, 1.0, (len(steps), classes))
    logits[np.arange(len(steps)), steps] += 4.0
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def arpa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lm") / "tiny.arpa"
    ngrams.write_arpa(language_model.train_model([(SENTENCES, 1)], [], 100, 2, None), path)
    return path


def _need_flashlight() -> None:
    pytest.importorskip("flashlight.lib.text.decoder", reason="flashlight-text is not installed")
    pytest.importorskip("kenlm", reason="kenlm is not installed")


def _reference_scores(outputs: np.ndarray, arpa: Path, options: DecoderOptions, by_phones: bool) -> dict[str, float]:
    """Score of every sentence of one to three words: pronunciations summed, LM and word score added."""
    import kenlm

    model = kenlm.Model(str(arpa))
    words = sorted({word for word, _ in ENTRIES})
    outputs = outputs.copy()
    outputs[:, 0] -= options.blank_penalty
    scores = {}
    for length in (1, 2, 3):
        for sentence in itertools.product(words, repeat=length):
            text = " ".join(sentence)
            if by_phones:
                forms = itertools.product(*([p for w, p in ENTRIES if w == word] for word in sentence))
                spelled = [[PHONE_IDS[phone] for form in forms_of for phone in form] for forms_of in forms]
            else:
                spelled = [tokens.encode(before + text + after) for before in ("", " ") for after in ("", " ")]
            acoustic = np.logaddexp.reduce([_ctc_sum(outputs, ids) for ids in spelled])
            lm = model.score(text) * math.log(10)
            scores[text] = acoustic + options.lm_weight * lm + options.word_score * length
    return scores


def test_reference_recursion_equals_listing_of_paths() -> None:
    rng = np.random.default_rng(3)
    for ids in ([1], [1, 1], [1, 2], [2, 1, 2]):
        outputs = np.log(rng.dirichlet(np.ones(3), 5))
        assert _ctc_sum(outputs, ids) == pytest.approx(_enumerated(outputs, ids))


@pytest.mark.parametrize("by_phones", [True, False])
def test_best_sentence_and_its_score_equal_enumeration(arpa: Path, by_phones: bool) -> None:
    _need_flashlight()
    unigrams = ngrams.read_unigrams(arpa)
    if by_phones:
        decoder = word_decoder.phone_decoder(ENTRIES, unigrams, arpa)
    else:
        decoder = word_decoder.letter_decoder(unigrams, arpa)
    options = DecoderOptions(beam=500, beam_threshold=60.0, lm_weight=0.7, word_score=-0.3, blank_penalty=0.4)
    seed = 11
    rng = np.random.default_rng(seed)
    for text in ["at tea", "a", "a a", "to eat two", "eat at tea", "two tea a"]:
        first = {word: phones for word, phones in reversed(ENTRIES)}
        phones = [PHONE_IDS[phone] for word in text.split() for phone in first[word]]
        said, classes = (phones, len(PHONES)) if by_phones else (tokens.encode(text), len(tokens.TOKENS))
        outputs = _noisy(rng, said, classes)
        scores = _reference_scores(outputs, arpa, options, by_phones)
        found = decoder.n_best(outputs, options, 5)
        best = max(scores, key=scores.__getitem__)
        assert " ".join(found[0].words) == best, f"seed {seed}"
        total = found[0].acoustic + options.lm_weight * found[0].lm + options.word_score * len(found[0].words)
        more = 1.0 if by_phones else 0.3  # what WordDecoder lets through beyond CTC; doubled spaces
        assert scores[best] - 1e-3 <= total <= scores[best] + more, f"seed {seed}"


def test_ideal_phones_give_the_sentence(arpa: Path) -> None:
    _need_flashlight()
    decoder = word_decoder.phone_decoder(ENTRIES, ngrams.read_unigrams(arpa), arpa)
    first = {word: phones for word, phones in reversed(ENTRIES)}
    for text in SENTENCES:
        outputs = word_decoder.ideal_phones(first, text)
        assert decode.best_sentences(decoder, [outputs], DecoderOptions()) == [text]


def test_letter_scores_equal_enumeration() -> None:
    rng = np.random.default_rng(4)
    outputs = np.log(rng.dirichlet(np.ones(len(tokens.TOKENS)), 3))
    small = outputs[:, [0, 2, 3]]  # blank, a, b
    scores = word_decoder.letter_scores(outputs, ["a", "ab", "aa", "abab"])
    for score, ids in zip(scores, ([1], [1, 2], [1, 1])):
        assert score == pytest.approx(_enumerated(small, ids), abs=1e-4)
    assert scores[3] <= -1e8  # four letters do not fit in three steps


def test_choose_weighs_the_parts() -> None:
    candidates = [Candidate(("a",), -1.0, -5.0), Candidate(("a", "tea"), -2.0, -3.0)]
    letters = np.array([-1.0, -2.5])
    assert decode.choose(candidates, letters, Weights(0.0, 0.0, 0.0)) == "a"
    assert decode.choose(candidates, letters, Weights(1.0, 0.0, 0.0)) == "a tea"
    assert decode.choose(candidates, letters, Weights(0.0, 2.0, 0.0)) == "a tea"
    assert decode.choose(candidates, letters, Weights(1.0, 0.0, 1.0)) == "a"
    assert decode.choose([], np.zeros(0), Weights(1.0, 0.0, 1.0)) == ""


def _utterance(speaker: str, source: str, text: str = "a tea") -> Utterance:
    return Utterance(f"{speaker}-{text}", Path("none"), 1.0, speaker, source, "dev", text)


def test_halves_share_no_speaker_unless_there_is_one() -> None:
    utterances = [_utterance(speaker, "many") for speaker in "abcdabcd"] + [_utterance("z", "one") for _ in range(4)]
    tuned = decode.halves(utterances)
    assert tuned[8:] == [True, False, True, False]
    tuned_speakers = {u.speaker for u, chosen in zip(utterances[:8], tuned) if chosen}
    assert tuned_speakers == {"a", "c"} and {"b", "d"}.isdisjoint(tuned_speakers)


def test_errors_by_source_and_their_mean() -> None:
    long = "a tea " * 100
    utterances = [_utterance("x", "one", long), _utterance("y", "two", long), _utterance("z", "few")]
    sentences = [long, "a " * 100, ""]
    table = decode.errors_by_source(utterances, sentences)
    assert table["two"] == ErrorCount(0, 100, 0, 200)
    assert decode.mean_rate(utterances, sentences) == pytest.approx(0.25)


def test_climb_finds_the_lowest_cost() -> None:
    def cost(options: DecoderOptions) -> float:
        return abs(options.lm_weight - 1.25) + abs(options.word_score + 0.5)

    found = decode.climb(DecoderOptions(lm_weight=0.8, word_score=0.5), {"lm_weight": 0.15, "word_score": 0.5}, cost)
    assert found.lm_weight == pytest.approx(1.25) and found.word_score == pytest.approx(-0.5)


def test_pronunciations_are_stored(tmp_path: Path) -> None:
    dictionary = tmp_path / "cmudict.dict"
    dictionary.write_text("tea T IY1\na AH0\na(2) EY1\n")
    stored = tmp_path / "lexicon.txt"
    expected = [("a", ("AH",)), ("a", ("EY",)), ("tea's", ("T", "IY", "Z"))]
    assert word_pronunciations(["a", "tea's"], dictionary, stored) == expected
    dictionary.unlink()
    assert word_pronunciations(["a", "tea's"], dictionary, stored) == expected


def test_weights_file_round_trip(tmp_path: Path) -> None:
    setup = decode.Setup(None, None, DecoderOptions(beam=7), DecoderOptions(lm_weight=0.1), Weights(1.0, 2.0, 3.0))
    setup.save(tmp_path / "weights.json")
    other = decode.Setup(None, None)
    other.load(tmp_path / "weights.json")
    assert other == setup


def test_utterances_are_spread_over_each_source() -> None:
    utterances = [_utterance("a", "one", f"t{i}") for i in range(10)] + [_utterance("b", "two")]
    chosen = decode._choose_utterances(utterances, "dev", 2)
    assert [u.text for u in chosen] == ["t0", "t5", "a tea"]
