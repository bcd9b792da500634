"""Greedy transcripts of a split and their error rates, per source."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from tqdm import tqdm

from oido_train import tokens
from oido_train.audio import read_samples
from oido_train.bundle import HEADS_FILE
from oido_train.config import Experiment
from oido_train.dataset import stack_frames
from oido_train.frontend import Frontend, open_frontend
from oido_train.lexicon import PHONES
from oido_train.manifest import Utterance
from oido_train.model import StackedLstm, bfloat16_is_fast
from oido_train.scoring import ErrorCount, count_errors


def new_model(experiment: Experiment) -> StackedLstm:
    """A model with fresh weights."""
    return StackedLstm(
        experiment.frontend.mel_bins, experiment.frontend.stacked_frames, experiment.model.hidden_size,
        experiment.model.layers, len(tokens.TOKENS), len(PHONES), experiment.model.dropout,
        experiment.model.bidirectional, experiment.model.forward_layers,
    )


def load_weights(model: StackedLstm, source: Path) -> None:
    """The averaged weights of a checkpoint file, or the weights of a bundle directory."""
    if not source.is_dir():
        model.load_state_dict(torch.load(source, map_location="cpu", weights_only=True)["average"])
        return
    tensors = load_file(source / "weights.safetensors")
    if (source / HEADS_FILE).exists():
        tensors |= load_file(source / HEADS_FILE)
    model.import_tensors(tensors)


def load_initial(model: StackedLstm, experiment: Experiment, source: Path) -> None:
    """`load_weights`; a bidirectional network may start from a streaming one of the same size."""
    if experiment.model.bidirectional and not _is_bidirectional(source):
        streaming = new_model(replace(experiment, model=replace(experiment.model, bidirectional=False)))
        load_weights(streaming, source)
        model.start_from_streaming(streaming)
    else:
        load_weights(model, source)


def _is_bidirectional(source: Path) -> bool:
    if not source.is_dir():
        state = torch.load(source, map_location="cpu", weights_only=True)["average"]
        return any(name.startswith("reverse_layers.") for name in state)
    return any(name.endswith("_reverse") for name in load_file(source / "weights.safetensors"))


def load_model(experiment: Experiment, checkpoint: Path) -> StackedLstm:
    """A checkpoint or a bundle directory, for evaluation."""
    model = new_model(experiment)
    load_weights(model, checkpoint)
    return model.eval()


def model_inputs(model: StackedLstm, log_mels: np.ndarray) -> torch.Tensor:
    """[frames, mel_bins] log-mels, normalised and stacked: [steps, input_size], on the CPU."""
    frames = model.normalise(torch.from_numpy(log_mels.astype(np.float32)).to(model.mean.device))
    return torch.from_numpy(stack_frames(frames.cpu().numpy(), model.stacked_frames, model.stacked_frames))


def flushed_log_mels(experiment: Experiment, frontend: Frontend, path: Path) -> np.ndarray:
    """[frames, mel_bins] log-mels of a recording and of the silence that the server adds behind it."""
    padding = experiment.data.flush_padding_ms * experiment.frontend.sample_rate_hz // 1000
    return frontend.log_mels(np.pad(read_samples(path), (0, padding)))


@torch.no_grad()
def greedy_ids(model: StackedLstm, log_mels: list[np.ndarray], bfloat16: bool = False) -> tuple[list[list[int]], list[list[int]]]:
    """Best letter and best phone of every step of each utterance, given as [frames, mel_bins]."""
    device = model.mean.device
    order = sorted(range(len(log_mels)), key=lambda index: len(log_mels[index]))
    letter_ids: list[list[int]] = [[] for _ in log_mels]
    phone_ids: list[list[int]] = [[] for _ in log_mels]
    for first in range(0, len(order), 32):
        chosen = order[first : first + 32]
        inputs = []
        for index in chosen:
            inputs.append(model_inputs(model, log_mels[index]))
        padded = torch.nn.utils.rnn.pad_sequence(inputs).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16 and bfloat16_is_fast(device)):
            letters, phones, _ = model(padded, torch.tensor([len(x) for x in inputs]))
        for results, logits in ((letter_ids, letters), (phone_ids, phones)):
            best = logits.argmax(-1).T.cpu().tolist()
            for row, index in enumerate(chosen):
                results[index] = best[row][: len(inputs[row])]
    return letter_ids, phone_ids


def transcribe(model: StackedLstm, log_mels: list[np.ndarray], bfloat16: bool = False) -> list[str]:
    """Greedy text of each utterance, given as [frames, mel_bins]."""
    return [tokens.decode(tokens.collapse(ids)) for ids in greedy_ids(model, log_mels, bfloat16)[0]]


def score(
    utterances: list[Utterance], hypotheses: list[str]
) -> dict[str, tuple[ErrorCount, ErrorCount]]:
    """Word and character errors of each source."""
    table: dict[str, tuple[ErrorCount, ErrorCount]] = {}
    for utterance, hypothesis in zip(utterances, hypotheses):
        words, characters = table.setdefault(utterance.source, (ErrorCount(), ErrorCount()))
        words.add(count_errors(utterance.text.split(), hypothesis.split()))
        characters.add(count_errors(utterance.text, hypothesis))
    return table


def evaluate_checkpoint(
    experiment: Experiment, utterances: list[Utterance], checkpoint: Path, split: str,
    oido_features: Path | None, hypotheses_path: Path | None,
) -> None:
    """Prints a table of error rates with word counts; features are computed from the audio."""
    torch.set_num_threads(1)
    chosen = [u for u in utterances if u.split == split]
    frontend = open_frontend(oido_features, experiment.frontend)
    log_mels = [flushed_log_mels(experiment, frontend, u.path) for u in tqdm(chosen, desc="features")]
    hypotheses = transcribe(load_model(experiment, checkpoint), log_mels)
    for source, (words, characters) in sorted(score(chosen, hypotheses).items()):
        print(
            f"{source}: WER {words.rate:.2%} ({words.substitutions} sub, {words.deletions} del, "
            f"{words.insertions} ins of {words.reference} words), CER {characters.rate:.2%}"
        )
    if hypotheses_path:
        lines = (f"{u.utterance_id}\t{u.text}\t{h}\n" for u, h in zip(chosen, hypotheses))
        hypotheses_path.write_text("".join(lines), encoding="utf-8")
