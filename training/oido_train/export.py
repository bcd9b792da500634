"""Turns a checkpoint into a bundle directory, and measures how late its letters come."""

from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from oido_train import tokens
from oido_train.bundle import HEADS_FILE, SPACE_TOKEN, BundleInfo, write_bundle
from oido_train.config import Experiment
from oido_train.evaluate import greedy_ids, load_model, model_inputs
from oido_train.lexicon import PHONE_TOKENS
from oido_train.manifest import Utterance
from oido_train.model import StackedLstm
from oido_train.prepare import FeatureCache, open_cache
from oido_train.quantise import input_range, quantise

CALIBRATION_UTTERANCES = 300


def letter_places_ms(text: str, words: np.ndarray, hop_ms: int) -> list[float | None]:
    """Where each character of `text` begins, letters of a word evenly spread over it; None for spaces."""
    places: list[float | None] = []
    for word, (first, end) in zip(text.split(), words.tolist()):
        places += [hop_ms * (first + (end - first) * index / len(word)) for index in range(len(word))] + [None]
    return places[:-1]


def emission_lags_ms(text: str, places: list[float | None], ids: list[int], step_ms: int) -> list[float]:
    """How much later than its place each letter's first step begins, in runs of three right characters or more."""
    spikes = [
        (tokens.TOKENS[token].replace(SPACE_TOKEN, " "), step) for step, token in enumerate(ids)
        if token != tokens.BLANK_ID and (step == 0 or token != ids[step - 1])
    ]
    found = "".join(character for character, _ in spikes)
    lags: list[float] = []
    for block in SequenceMatcher(None, text, found, autojunk=False).get_matching_blocks():
        for offset in range(block.size if block.size >= 3 else 0):
            place = places[block.a + offset]
            if place is not None:
                lags.append(spikes[block.b + offset][1] * step_ms - place)
    return lags


def emission_delay_ms(
    model: StackedLstm, utterances: list[Utterance], cache: FeatureCache,
    alignments: dict[str, np.ndarray], step_ms: int, hop_ms: int,
) -> int:
    """Median lag of letters behind their places: the median, because wrongly paired letters lie far off."""
    chosen = [u for u in utterances if f"{u.utterance_id}/words" in alignments]
    lags: list[float] = []
    for utterance, ids in zip(chosen, greedy_ids(model, [cache.log_mels(u.utterance_id) for u in chosen])[0]):
        places = letter_places_ms(utterance.text, alignments[f"{utterance.utterance_id}/words"], hop_ms)
        lags += emission_lags_ms(utterance.text, places, ids, step_ms)
    if not lags:
        return 0
    print(f"emission delay: median {np.median(lags):.0f} ms, mean {np.mean(lags):.0f} ms over {len(lags)} letters")
    return max(0, round(float(np.median(lags))))


def calibration_inputs(
    experiment: Experiment, model: StackedLstm, utterances: list[Utterance], work: Path
) -> np.ndarray:
    """What the model hears [steps, input_size] in some training utterances of every copy; never of dev or eval."""
    train = [u.utterance_id for u in utterances if u.split == "train"]
    chosen = np.random.default_rng(1).permutation(train)[:CALIBRATION_UTTERANCES].tolist()
    inputs: list[np.ndarray] = []
    for copy in experiment.copies:
        cache = open_cache(work / "features", copy.name, experiment.frontend.mel_bins)
        inputs += [model_inputs(model, cache.log_mels(name)).numpy() for name in chosen if name in cache.place]
    if not inputs:
        raise SystemExit(f"int8 is calibrated on training speech, of which {work}/features has none: run `prepare`")
    print(f"calibrated on {sum(map(len, inputs)) * experiment.frontend.step_ms / 1000:.0f} s of training speech")
    return np.concatenate(inputs)


def export(
    experiment: Experiment, utterances: list[Utterance], work: Path, checkpoint: Path, out: Path, version: str,
    dtype: str,
) -> None:
    """Writes the bundle of a checkpoint's averaged weights, or of another bundle's; `dtype` is that of the matrices.

    int8 is calibrated on training speech from the caches of `prepare`, every copy alike.
    The head that serves training only goes beside it, for fine-tuning.
    """
    torch.set_num_threads(1)
    model = load_model(experiment, checkpoint)
    cache = open_cache(work / "features", experiment.copies[0].name, experiment.frontend.mel_bins)
    dev = [u for u in utterances if u.split == "dev"]
    alignments: dict[str, np.ndarray] = {}
    if (work / "alignments.npz").exists():
        with np.load(work / "alignments.npz") as archive:
            wanted = {f"{u.utterance_id}/words" for u in dev}
            alignments = {name: archive[name] for name in archive.files if name in wanted}
    else:
        print("no alignments: the emission delay is not measured, and given as 0")
    delay = emission_delay_ms(model, dev, cache, alignments, experiment.frontend.step_ms, experiment.frontend.hop_ms)
    info = BundleInfo(
        name=experiment.name, version=version, language_code="en-US", description=experiment.description,
        flush_padding_ms=experiment.data.flush_padding_ms, emission_delay_ms=delay,
    )
    tensors = model.export_tensors()
    if dtype == "int8":
        reach = None  # a bidirectional model's activations stay floats
        if not experiment.model.bidirectional:
            reach = input_range(calibration_inputs(experiment, model, utterances, work))
        tensors = quantise(tensors, reach)
    else:
        tensors = {name: tensor.astype(dtype) if tensor.ndim == 2 else tensor for name, tensor in tensors.items()}
    write_bundle(
        out, info, experiment.frontend, tokens.TOKENS, tensors,
        experiment.model.layers, experiment.model.hidden_size,
        direction="bidirectional" if experiment.model.bidirectional else "unidirectional",
        forward_layers=experiment.model.forward_layers, phones=PHONE_TOKENS,
    )
    save_file(model.training_heads(), out / HEADS_FILE)
    (out / HEADS_FILE).chmod(0o644)
