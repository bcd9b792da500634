"""Word error rates of a checkpoint with lexicon and language model: each head, and both combined."""

import argparse
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from oido_train import ngrams, tokens, word_decoder
from oido_train.config import Experiment, read_experiment
from oido_train.evaluate import flushed_log_mels, load_model, model_inputs
from oido_train.frontend import open_frontend
from oido_train.lexicon import PHONE_IDS, word_pronunciations
from oido_train.manifest import Utterance, read_manifest
from oido_train.model import StackedLstm
from oido_train.prepare import open_cache
from oido_train.scoring import ErrorCount, count_errors
from oido_train.tuning import climb, errors_by_source, halves, mean_rate
from oido_train.word_decoder import Candidate, DecoderOptions, Weights, WordDecoder, choose


@torch.no_grad()
def log_outputs(model: StackedLstm, log_mels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities [steps, tokens] of letters and [steps, phones] of phones, for [frames, mel_bins]."""
    inputs = model_inputs(model, log_mels)
    letters, phones, _ = model(inputs[:, None], torch.tensor([len(inputs)]))
    return letters[:, 0].log_softmax(-1).numpy(), phones[:, 0].log_softmax(-1).numpy()


@dataclass
class Material:
    """What the heads say about the utterances of a split."""

    utterances: list[Utterance]
    letters: list[np.ndarray]
    phones: list[np.ndarray]

    def part(self, chosen: list[bool]) -> "Material":
        """The chosen utterances only."""
        lists = (list(itertools.compress(items, chosen)) for items in (self.utterances, self.letters, self.phones))
        return Material(*lists)


def best_sentences(decoder: WordDecoder, outputs: list[np.ndarray], options: DecoderOptions) -> list[str]:
    """The best sentence of each utterance."""
    lists = (decoder.n_best(values, options, 1) for values in outputs)
    return [" ".join(found[0].words) if found else "" for found in lists]


def rescored(lists: list[list[Candidate]], scores: list[np.ndarray], weights: Weights) -> list[str]:
    """The best sentence of each n-best list."""
    return [choose(candidates, letters, weights) for candidates, letters in zip(lists, scores)]


def tune_weights(
    utterances: list[Utterance], lists: list[list[Candidate]], scores: list[np.ndarray], start: DecoderOptions
) -> Weights:
    """The weights with the fewest errors on a grid."""
    grid = itertools.product((0.0, 0.3, 0.6, 1.0, 1.5), (0.8, 1.0, 1.3, 1.6, 2.0), (-1.0, 0.0, 1.0, 2.0))
    trials = [
        Weights(start.lm_weight * (1 + letters) ** 0.5 * lm, start.word_score + word, letters)
        for letters, lm, word in grid
    ]
    return min(trials, key=lambda weights: mean_rate(utterances, rescored(lists, scores, weights)))


@dataclass
class Setup:
    """Decoders of both heads and the weights found for them."""

    phones: WordDecoder
    letters: WordDecoder
    phone_options: DecoderOptions = DecoderOptions()
    letter_options: DecoderOptions = DecoderOptions()
    weights: Weights = Weights(1.0, 0.5, 0.6)

    def save(self, path: Path) -> None:
        """Writes the options and weights as JSON."""
        values = {name: asdict(getattr(self, name)) for name in ("phone_options", "letter_options", "weights")}
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")

    def load(self, path: Path) -> None:
        """Reads what `save` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        self.phone_options = DecoderOptions(**values["phone_options"])
        self.letter_options = DecoderOptions(**values["letter_options"])
        self.weights = Weights(**values["weights"])


def read_material(
    experiment: Experiment, utterances: list[Utterance], checkpoint: Path, cache_dir: Path, binary: Path | None
) -> Material:
    """Runs the network over all utterances; log-mels come from the cache, or else from the audio."""
    cache = open_cache(cache_dir, "clean", experiment.frontend.mel_bins)
    frontend = None
    model = load_model(experiment, checkpoint)
    material = Material(utterances, [], [])
    for utterance in tqdm(utterances, desc="network", disable=None):
        if utterance.utterance_id in cache.place:
            log_mels = cache.log_mels(utterance.utterance_id)
        else:
            frontend = frontend or open_frontend(binary, experiment.frontend)
            log_mels = flushed_log_mels(experiment, frontend, utterance.path)
        letters, phones = log_outputs(model, log_mels)
        material.letters.append(letters)
        material.phones.append(phones)
    return material


def combine(material: Material, setup: Setup, count: int) -> tuple[list[list[Candidate]], list[np.ndarray]]:
    """N-best lists by phones, with the letter head's score of each sentence."""
    lists = [setup.phones.n_best(values, setup.phone_options, count) for values in material.phones]
    texts = ([" ".join(candidate.words) for candidate in candidates] for candidates in lists)
    scores = [
        word_decoder.letter_scores(values, found) if found else np.zeros(0)
        for values, found in zip(material.letters, texts)
    ]
    return lists, scores


def tune(material: Material, setup: Setup, count: int) -> None:
    """Finds all weights on these utterances."""
    steps = {"lm_weight": 0.15, "word_score": 0.5, "blank_penalty": 0.5}

    def cost_of(decoder: WordDecoder, outputs: list[np.ndarray]) -> Callable[[DecoderOptions], float]:
        def cost(options: DecoderOptions) -> float:
            rate = mean_rate(material.utterances, best_sentences(decoder, outputs, options))
            print(f"  {rate:.2%} {options}", flush=True)
            return rate

        return cost

    setup.phone_options = climb(setup.phone_options, steps, cost_of(setup.phones, material.phones))
    setup.letter_options = climb(setup.letter_options, steps, cost_of(setup.letters, material.letters))
    setup.weights = tune_weights(material.utterances, *combine(material, setup, count), setup.phone_options)
    print(f"phones {setup.phone_options}\nletters {setup.letter_options}\ncombined {setup.weights}", flush=True)


def greedy_phone_errors(material: Material, pronunciations: dict[str, tuple[str, ...]]) -> dict[str, ErrorCount]:
    """Phone errors of each source against the first pronunciation of each word."""
    table: dict[str, ErrorCount] = {}
    for utterance, outputs in zip(material.utterances, material.phones):
        words = utterance.text.split()
        if all(word in pronunciations for word in words):
            expected = [PHONE_IDS[phone] for word in words for phone in pronunciations[word]]
            found = tokens.collapse(outputs.argmax(-1).tolist())
            table.setdefault(utterance.source, ErrorCount()).add(count_errors(expected, found))
    return table


def _print_rates(name: str, table: dict[str, ErrorCount], seconds: float) -> None:
    rates = ", ".join(f"{source} {count.rate:.2%}" for source, count in sorted(table.items()))
    print(f"{name}: {rates} ({seconds:.1f} CPU s)", flush=True)


def report(material: Material, setup: Setup, pronunciations: dict[str, tuple[str, ...]], count: int) -> list[str]:
    """Prints error rates by source for each way to decode; the combined sentences come back."""
    utterances = material.utterances
    _print_rates("phone errors, greedy", greedy_phone_errors(material, pronunciations), 0.0)

    def measure(name: str, decode: Callable[[], list[str]]) -> list[str]:
        start = time.process_time()
        sentences = decode()
        _print_rates(name, errors_by_source(utterances, sentences), time.process_time() - start)
        return sentences

    greedy = (tokens.decode(tokens.collapse(outputs.argmax(-1).tolist())) for outputs in material.letters)
    measure("words, letters greedy", lambda: list(greedy))
    measure("words, phones", lambda: best_sentences(setup.phones, material.phones, setup.phone_options))
    measure("words, letters", lambda: best_sentences(setup.letters, material.letters, setup.letter_options))
    return measure("words, combined", lambda: rescored(*combine(material, setup, count), setup.weights))


def report_ideal(material: Material, setup: Setup, pronunciations: dict[str, tuple[str, ...]]) -> None:
    """Prints what is lost with ideal phones: sentences with unknown words in, and out."""
    known = [all(word in pronunciations for word in u.text.split()) for u in material.utterances]
    chosen = list(itertools.compress(material.utterances, known))
    outputs = [word_decoder.ideal_phones(pronunciations, u.text) for u in chosen]
    sentences = best_sentences(setup.phones, outputs, setup.phone_options)
    _print_rates("words, ideal phones, sentences of known words", errors_by_source(chosen, sentences), 0.0)
    table: dict[str, ErrorCount] = {}
    for utterance in material.utterances:
        words = utterance.text.split()
        unknown = sum(word not in pronunciations for word in words)
        table.setdefault(utterance.source, ErrorCount()).add(ErrorCount(unknown, 0, 0, len(words)))
    _print_rates("unknown words", table, 0.0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--work", type=Path, required=True, help="holds features/, the caches of `prepare`")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--arpa", type=Path, required=True, help="from oido_train.language_model")
    parser.add_argument("--lexicon", type=Path, required=True, help="pronunciations; made where it is missing")
    parser.add_argument("--weights", type=Path, required=True, help="JSON; --tune writes it")
    parser.add_argument("--tune", action="store_true", help="on one half of the dev split; the other is reported")
    parser.add_argument("--split", choices=("dev", "eval"), default="dev")
    parser.add_argument("--limit", type=int, help="utterances of each source, at most")
    parser.add_argument("--beam", type=int, help="in place of the one in --weights")
    parser.add_argument("--candidates", type=int, default=30, help="of the n-best list to combine the heads")
    parser.add_argument("--hypotheses", type=Path, help="file for: id, text, combined sentence")
    parser.add_argument("--oido-features", type=Path, help="binary, for utterances without cached log-mels")
    return parser.parse_args()


def _choose_utterances(utterances: list[Utterance], split: str, limit: int | None) -> list[Utterance]:
    """Evenly spread over each source, `limit` of each."""
    by_source: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        if utterance.split == split:
            by_source.setdefault(utterance.source, []).append(utterance)
    chosen: list[Utterance] = []
    for found in by_source.values():
        count = min(limit or len(found), len(found))
        chosen += [found[index * len(found) // count] for index in range(count)]
    return chosen


def main() -> None:
    """Command line."""
    options = _options()
    torch.set_num_threads(1)
    experiment = read_experiment(options.config)
    utterances = read_manifest(options.data, experiment.data.dev_speakers)
    utterances = _choose_utterances(utterances, options.split, options.limit)
    unigrams = ngrams.read_unigrams(options.arpa)
    dictionary = options.data[0] / "lexicon" / "cmudict.dict"
    entries = word_pronunciations(unigrams, dictionary, options.lexicon)
    first = dict(reversed(entries))
    setup = Setup(
        word_decoder.phone_decoder(entries, unigrams, options.arpa), word_decoder.letter_decoder(unigrams, options.arpa)
    )
    if options.weights.exists():
        setup.load(options.weights)
    if options.beam:
        setup.phone_options = replace(setup.phone_options, beam=options.beam)
        setup.letter_options = replace(setup.letter_options, beam=options.beam)
    material = read_material(
        experiment, utterances, options.checkpoint, options.work / "features", options.oido_features
    )
    if options.split == "dev":
        tuned_on = halves(utterances)
        if options.tune:
            tune(material.part(tuned_on), setup, options.candidates)
            setup.save(options.weights)
        material = material.part([not chosen for chosen in tuned_on])
    report_ideal(material, setup, first)
    sentences = report(material, setup, first, options.candidates)
    if options.hypotheses:
        lines = (f"{u.utterance_id}\t{u.text}\t{s}\n" for u, s in zip(material.utterances, sentences))
        options.hypotheses.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
