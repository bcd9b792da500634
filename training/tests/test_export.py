"""The exported tensors give what the network gives, by the gate equations in NumPy."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from oido_train import tokens
from oido_train.bundle import HEADS_FILE, BundleInfo, write_bundle
from oido_train.config import Experiment
from oido_train.dataset import stack_frames
from oido_train.evaluate import load_weights, new_model
from oido_train.export import emission_lags_ms, letter_places_ms
from oido_train.lexicon import PHONE_TOKENS
from oido_train.quantise import Int8Model, dequantise, input_range, quantise


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def run_bundle(tensors: dict[str, np.ndarray], log_mels: np.ndarray, layers: int, hidden_size: int) -> np.ndarray:
    """Logits [steps, tokens] from exported tensors."""
    steps = stack_frames((log_mels - tensors["frontend.mean"]) * tensors["frontend.inverse_stddev"], 3, 3)
    return run_steps(tensors, steps, layers, hidden_size)


def run_steps(tensors: dict[str, np.ndarray], steps: np.ndarray, layers: int, hidden_size: int) -> np.ndarray:
    """The same from model inputs, one step at a time."""
    h = np.zeros((layers, hidden_size))
    c = np.zeros((layers, hidden_size))
    logits = []
    for x in steps:
        for k in range(layers):
            gates = (
                tensors[f"lstm.{k}.weight_ih"] @ x + tensors[f"lstm.{k}.weight_hh"] @ h[k] + tensors[f"lstm.{k}.bias"]
            )
            i, f, g, o = np.split(gates, 4)
            c[k] = sigmoid(f) * c[k] + sigmoid(i) * np.tanh(g)
            x = h[k] = sigmoid(o) * np.tanh(c[k])
        logits.append(tensors["output.weight"] @ x + tensors["output.bias"])
    return np.array(logits)


def test_bundle_computes_what_the_network_computes(experiment: Experiment, tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = new_model(experiment).eval()
    layers, hidden_size = experiment.model.layers, experiment.model.hidden_size
    info = BundleInfo("tiny", "1", "en-US", "test", 240, 60)
    write_bundle(
        tmp_path, info, experiment.frontend, tokens.TOKENS, model.export_tensors(), layers, hidden_size,
        phones=PHONE_TOKENS,
    )
    tensors = load_file(tmp_path / "weights.safetensors")
    log_mels = np.random.default_rng(3).normal(size=(31, experiment.frontend.mel_bins)).astype(np.float32)
    with torch.no_grad():
        inputs = torch.from_numpy(stack_frames(model.normalise(torch.from_numpy(log_mels)).numpy(), 3, 3))
        expected = model(inputs.unsqueeze(1), torch.tensor([len(inputs)]))[0].squeeze(1).numpy()
    np.testing.assert_allclose(run_bundle(tensors, log_mels, layers, hidden_size), expected, atol=1e-5)


def test_description_names_every_tensor_with_its_hash(experiment: Experiment, tmp_path: Path) -> None:
    tensors = new_model(experiment).export_tensors()
    info = BundleInfo("tiny", "1", "en-US", "test", 240, 60)
    write_bundle(tmp_path, info, experiment.frontend, tokens.TOKENS, tensors, 2, 64, phones=PHONE_TOKENS)
    text = (tmp_path / "bundle.textproto").read_text()
    for name, tensor in tensors.items():
        assert f'name: "{name}"' in text
        assert hashlib.sha256(tensor.tobytes()).hexdigest() in text
    for name in ("tokens.txt", "phones.txt"):
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() in text


def test_new_weights_keep_lexicon_and_language_model(experiment: Experiment, tmp_path: Path) -> None:
    info = BundleInfo("tiny", "1", "en-US", "test", 240, 40)
    tensors = new_model(experiment).export_tensors()
    write_bundle(tmp_path, info, experiment.frontend, tokens.TOKENS, tensors, 2, 64, phones=PHONE_TOKENS)
    text = (tmp_path / "bundle.textproto").read_text()
    assert "word_search" not in text
    block = '  word_search {\n    lexicon_sha256: "00"\n    lm_weight: 0.8\n  }\n'
    (tmp_path / "bundle.textproto").write_text(text.replace("decoder {\n", "decoder {\n" + block))
    write_bundle(tmp_path, info, experiment.frontend, tokens.TOKENS, tensors, 2, 64, phones=PHONE_TOKENS)
    written = (tmp_path / "bundle.textproto").read_text()
    assert block in written and written.replace(block, "") == text


def test_letters_two_steps_late_lag_by_two_steps() -> None:
    text = "abc de"
    places = letter_places_ms(text, np.array([[0, 9], [12, 18]]), hop_ms=10)
    assert places == [0.0, 30.0, 60.0, None, 120.0, 150.0]
    ids = [0, 0, *tokens.encode("abc de")]  # one token a step, from step 2 on
    assert emission_lags_ms(text, places, ids, step_ms=30) == [60.0] * 5


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("int8", 0.05)])
def test_weights_of_a_bundle_can_be_trained_on(
    experiment: Experiment, tmp_path: Path, dtype: str, tolerance: float
) -> None:
    torch.manual_seed(4)
    model = new_model(experiment).eval()
    info = BundleInfo("tiny", "1", "en-US", "test", 240, 60)
    inputs = torch.randn(9, 1, experiment.frontend.input_size)
    tensors = model.export_tensors()
    if dtype == "int8":
        tensors = quantise(tensors, input_range(inputs[:, 0].numpy()))
    write_bundle(tmp_path, info, experiment.frontend, tokens.TOKENS, tensors, 2, 64)
    save_file(model.training_heads(), tmp_path / HEADS_FILE)
    again = new_model(experiment).eval()
    load_weights(again, tmp_path)
    with torch.no_grad():
        for expected, found in zip(model(inputs, torch.tensor([9])), again(inputs, torch.tensor([9]))):
            torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


def random_bundle(experiment: Experiment) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Tensors of a random network, and inputs for it."""
    torch.manual_seed(5)
    tensors = new_model(experiment).eval().export_tensors()
    inputs = np.random.default_rng(5).normal(size=(200, experiment.frontend.input_size)).astype(np.float32)
    return tensors, inputs


def test_int8_rows_are_within_half_a_step_of_the_weights(experiment: Experiment) -> None:
    tensors, inputs = random_bundle(experiment)
    rounded = quantise(tensors, input_range(inputs))
    again = dequantise(rounded)
    assert set(again) == set(tensors)
    for name, tensor in tensors.items():
        scale = rounded[name.removesuffix("_ih").removesuffix("_hh") + ".scale"][:, None] if tensor.ndim == 2 else 1e-6
        steps = (again[name] - tensor) / scale * (rounded["input.range"] if name == "lstm.0.weight_ih" else 1)
        assert np.abs(steps).max() <= 0.501, name


@pytest.mark.parametrize("forward_layers", [0, 1])
def test_int8_of_a_bidirectional_network_has_scales_for_both_ways(experiment: Experiment, forward_layers: int) -> None:
    torch.manual_seed(6)
    both = replace(experiment, model=replace(experiment.model, bidirectional=True, forward_layers=forward_layers))
    tensors = new_model(both).eval().export_tensors()
    rounded = quantise(tensors, None)
    assert "input.range" not in rounded
    again = dequantise(rounded)
    assert set(again) == set(tensors)
    for name, tensor in tensors.items():
        if tensor.ndim == 2:
            assert rounded[name].dtype == np.int8, name
            scale = rounded[name.replace("weight_ih", "weight.scale").replace("weight_hh", "weight.scale")
                            if name.startswith("lstm.") else name + ".scale"]
            assert np.abs((again[name] - tensor) / scale[:, None]).max() <= 0.501, name
    reverse = rounded["lstm.1.weight.scale_reverse"]
    rows = np.abs(np.hstack([tensors["lstm.1.weight_ih_reverse"], tensors["lstm.1.weight_hh_reverse"]])).max(axis=1)
    np.testing.assert_allclose(reverse, rows / 127, rtol=1e-6)


def test_int8_model_follows_the_float_one(experiment: Experiment) -> None:
    tensors, inputs = random_bundle(experiment)
    rounded = quantise(tensors, input_range(inputs))
    model = Int8Model(rounded)
    found = np.stack([model.step(row) for row in inputs])
    letters = len(tokens.TOKENS)
    logits = run_steps(tensors, inputs, experiment.model.layers, experiment.model.hidden_size)
    expected = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
    assert np.abs(found[:, :letters] - expected).max() < 0.1
    assert np.abs(found[:, :letters] - expected).max() > 0.0


def test_int8_bundle_can_be_trained_on(experiment: Experiment, tmp_path: Path) -> None:
    tensors, inputs = random_bundle(experiment)
    info = BundleInfo("tiny", "1", "en-US", "test", 240, 60)
    rounded = quantise(tensors, input_range(inputs))
    write_bundle(tmp_path, info, experiment.frontend, tokens.TOKENS, rounded, 2, 64, phones=PHONE_TOKENS)
    assert "precision: INT8" in (tmp_path / "bundle.textproto").read_text()
    model = new_model(experiment).eval()
    load_weights(model, tmp_path)
    torch.testing.assert_close(model.layers[0].weight_ih_l0.detach().numpy(), tensors["lstm.0.weight_ih"], atol=0.02, rtol=0)
