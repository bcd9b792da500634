"""Turns float tensors into those of an INT8 bundle (see model_bundle.proto), and runs such a model with exact integers."""

import re

import numpy as np

ACTIVATION_SCALE = 63  # a byte b is (b - 64) / 63
ACTIVATION_ZERO = 64
RANGE_PERCENTILE = 99.95  # of each input's magnitudes on calibration speech; what lies outside is cut off
WEIGHT_MAX = 127


def input_range(inputs: np.ndarray) -> np.ndarray:
    """Where each of the model's inputs [steps, input_size] is cut off."""
    return np.maximum(np.percentile(np.abs(inputs), RANGE_PERCENTILE, axis=0), 1e-3).astype(np.float32)


def row_scale(*matrices: np.ndarray) -> np.ndarray:
    """What an integer 1 stands for in each row of matrices that share their scales."""
    largest = np.max([np.abs(matrix).max(axis=1) for matrix in matrices], axis=0)
    return (np.maximum(largest, 1e-8) / WEIGHT_MAX).astype(np.float32)


def _integers(matrix: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(matrix / scale[:, None]), -WEIGHT_MAX, WEIGHT_MAX).astype(np.int8)


def quantise(tensors: dict[str, np.ndarray], cut_off: np.ndarray | None) -> dict[str, np.ndarray]:
    """The tensors of an INT8 bundle; `cut_off` is what `input_range` gives, None for a bidirectional model."""
    result = {name: tensor for name, tensor in tensors.items() if tensor.ndim == 1}
    if cut_off is not None:
        result["input.range"] = cut_off
    for bias in (name for name in tensors if name.startswith("lstm.") and ".bias" in name):
        prefix, suffix = bias.split("bias")
        parts = {prefix + name + suffix: tensors[prefix + name + suffix].astype(np.float32) for name in ("weight_ih", "weight_hh")}
        if prefix == "lstm.0." and cut_off is not None:
            parts["lstm.0.weight_ih"] = parts["lstm.0.weight_ih"] * cut_off
        scale = row_scale(*parts.values())
        result |= {name: _integers(part, scale) for name, part in parts.items()}
        result[f"{prefix}weight.scale{suffix}"] = scale
    for head in ("output", "phones"):
        if f"{head}.weight" in tensors:
            weight = tensors[f"{head}.weight"].astype(np.float32)
            result[f"{head}.weight.scale"] = row_scale(weight)
            result[f"{head}.weight"] = _integers(weight, result[f"{head}.weight.scale"])
    return result


def dequantise(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The float tensors that an INT8 bundle's stand for; those of another bundle as they are."""
    if "output.weight.scale" not in tensors:
        return tensors
    result = {name: tensor for name, tensor in tensors.items() if tensor.dtype != np.int8 and ".scale" not in name}
    cut_off = result.pop("input.range", np.float32(1))
    for name, tensor in tensors.items():
        if tensor.dtype == np.int8:
            scale = tensors[re.sub("weight(_ih|_hh)?", "weight.scale", name)]
            result[name] = tensor * scale[:, None] / (cut_off if name == "lstm.0.weight_ih" else 1)
    return result


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits)


class Int8Model:
    """One stream through an INT8 bundle's tensors: sums of integers, gates and cells in double precision."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self._tensors = tensors
        self._layers = sum(name.endswith(".weight_hh") for name in tensors)
        hidden_size = tensors["lstm.0.weight_hh"].shape[1]
        self.h = np.full((self._layers, hidden_size), ACTIVATION_ZERO, np.int64)  # bytes
        self.c = np.zeros((self._layers, hidden_size))

    def _product(self, name: str, values: np.ndarray) -> np.ndarray:
        """Bytes through a matrix, without its scale."""
        return self._tensors[name].astype(np.int64) @ (values - ACTIVATION_ZERO)

    def _scale(self, name: str) -> np.ndarray:
        return self._tensors[name].astype(np.float64) / ACTIVATION_SCALE

    def _layer(self, layer: int, values: np.ndarray) -> np.ndarray:
        prefix = f"lstm.{layer}."
        sums = self._product(prefix + "weight_ih", values) + self._product(prefix + "weight_hh", self.h[layer])
        i, f, g, o = np.split(sums * self._scale(prefix + "weight.scale") + self._tensors[prefix + "bias"], 4)
        self.c[layer] = _sigmoid(f) * self.c[layer] + _sigmoid(i) * np.tanh(g)
        outputs = _sigmoid(o) * np.tanh(self.c[layer])
        self.h[layer] = np.rint(outputs * ACTIVATION_SCALE + ACTIVATION_ZERO)
        return self.h[layer]

    def step(self, inputs: np.ndarray) -> np.ndarray:
        """Log-probabilities [tokens + phones] from normalised, stacked log-mels [input_size]."""
        places = inputs / self._tensors["input.range"] * ACTIVATION_SCALE + ACTIVATION_ZERO
        values = np.clip(np.floor(places + 0.5), 1, 127).astype(np.int64)
        for layer in range(self._layers):
            values = self._layer(layer, values)
        heads = [head for head in ("output", "phones") if f"{head}.weight" in self._tensors]
        return np.concatenate([
            _log_softmax(
                self._product(f"{head}.weight", values) * self._scale(f"{head}.weight.scale")
                + self._tensors[f"{head}.bias"]
            )
            for head in heads
        ])
