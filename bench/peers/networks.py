"""A bundle's network for other runtimes: one step of a batch, h_t and c_t carried."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file


@dataclass
class Network:
    """Float weights as in model_bundle.proto, gates in the order i, f, g, o."""

    layers: list[tuple[np.ndarray, np.ndarray, np.ndarray]]  # input, recurrent, bias
    output: np.ndarray  # [tokens + phones, hidden]
    output_bias: np.ndarray
    tokens: int

    @property
    def hidden(self) -> int:
        return self.layers[0][1].shape[1]

    @property
    def input(self) -> int:
        return self.layers[0][0].shape[1]


def read_network(bundle: Path) -> Network:
    """Float and int8 bundles; of these the values that their integers stand for."""
    text = (bundle / "bundle.textproto").read_text(encoding="utf-8")
    tensors = load_file(bundle / "weights.safetensors")

    def matrix(name: str, scale: str) -> np.ndarray:
        values = tensors[name].astype(np.float32)
        return values * tensors[scale][:, None] if tensors[name].dtype == np.int8 else values

    layers = []
    for layer in range(int(re.search(r"^  layers: (\d+)", text, re.M)[1])):
        prefix = f"lstm.{layer}."
        layers.append((
            matrix(f"{prefix}weight_ih", f"{prefix}weight.scale"), matrix(f"{prefix}weight_hh", f"{prefix}weight.scale"),
            tensors[f"{prefix}bias"].astype(np.float32),
        ))
    if "input.range" in tensors:  # the first matrix is of the input divided by it
        layers[0] = (layers[0][0] / tensors["input.range"], *layers[0][1:])
    heads = [name for name in ("output", "phones") if f"{name}.weight" in tensors]
    return Network(
        layers, np.concatenate([matrix(f"{head}.weight", f"{head}.weight.scale") for head in heads]),
        np.concatenate([tensors[f"{head}.bias"].astype(np.float32) for head in heads]), len(tensors["output.bias"]),
    )


def write_onnx(network: Network, path: Path) -> None:
    """Inputs x, h0, c0, h1, ...; outputs logits, h0_out, c0_out, ...; shapes [1, batch, size]."""
    hidden = network.hidden
    order = np.concatenate([np.arange(gate * hidden, (gate + 1) * hidden) for gate in (0, 3, 1, 2)])  # i, o, f, g
    nodes, weights, inputs, outputs = [], [], [], []

    def constant(name: str, value: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def tensor(name: str, size: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "batch", size])

    inputs.append(tensor("x", network.input))
    layer_input = "x"
    for index, (weight_ih, weight_hh, bias) in enumerate(network.layers):
        h, c = f"h{index}", f"c{index}"
        inputs += [tensor(h, hidden), tensor(c, hidden)]
        both = np.concatenate([bias[order], np.zeros(4 * hidden, np.float32)])
        names = [
            layer_input, constant(f"W{index}", weight_ih[order][None]), constant(f"R{index}", weight_hh[order][None]),
            constant(f"B{index}", both[None]), "", h, c,
        ]
        nodes.append(helper.make_node("LSTM", names, [f"y{index}", f"{h}_out", f"{c}_out"], hidden_size=hidden))
        outputs += [tensor(f"{h}_out", hidden), tensor(f"{c}_out", hidden)]
        layer_input = f"{h}_out"
    nodes.append(helper.make_node("MatMul", [layer_input, constant("output", network.output.T)], ["product"]))
    nodes.append(helper.make_node("Add", ["product", constant("output_bias", network.output_bias)], ["logits"]))
    outputs.insert(0, tensor("logits", len(network.output_bias)))
    graph = helper.make_graph(nodes, "step", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


class OnnxStepper:
    """One thread; states and results stay in buffers that are bound once."""

    def __init__(self, path: Path, network: Network, batch: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

        def zeros(size: int) -> onnxruntime.OrtValue:
            return onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros((1, batch, size), np.float32))

        self.x, self._logits = zeros(network.input), zeros(len(network.output_bias))
        names = [f"{kind}{layer}" for layer in range(len(network.layers)) for kind in "hc"]
        states = [{name: zeros(network.hidden) for name in names} for _ in range(2)]
        self._bindings = []
        for old, new in (states, states[::-1]):
            binding = self._session.io_binding()
            binding.bind_ortvalue_input("x", self.x)
            binding.bind_ortvalue_output("logits", self._logits)
            for name in names:
                binding.bind_ortvalue_input(name, old[name])
                binding.bind_ortvalue_output(f"{name}_out", new[name])
            self._bindings.append(binding)

    def step(self, x: np.ndarray | None = None) -> np.ndarray:
        """Logits [batch, outputs]; without `x` for the same input again."""
        if x is not None:
            self.x.update_inplace(np.ascontiguousarray(x[None], np.float32))
        self._session.run_with_iobinding(self._bindings[0])
        self._bindings.reverse()
        return self._logits.numpy()[0]


class TorchStepper:
    """torch.nn.LSTM, one thread, inference mode."""

    def __init__(self, network: Network, batch: int) -> None:
        torch.set_num_threads(1)
        self._lstm = torch.nn.LSTM(network.input, network.hidden, len(network.layers))
        with torch.no_grad():
            for layer, (weight_ih, weight_hh, bias) in enumerate(network.layers):
                getattr(self._lstm, f"weight_ih_l{layer}").copy_(torch.from_numpy(weight_ih))
                getattr(self._lstm, f"weight_hh_l{layer}").copy_(torch.from_numpy(weight_hh))
                getattr(self._lstm, f"bias_ih_l{layer}").copy_(torch.from_numpy(bias))
                getattr(self._lstm, f"bias_hh_l{layer}").zero_()
        self._weight, self._bias = torch.from_numpy(network.output), torch.from_numpy(network.output_bias)
        shape = (len(network.layers), batch, network.hidden)
        self._state = (torch.zeros(shape), torch.zeros(shape))
        self._x = torch.zeros(1, batch, network.input)

    @torch.inference_mode()
    def step(self, x: np.ndarray | None = None) -> np.ndarray:
        """Logits [batch, outputs]; without `x` for the same input again."""
        if x is not None:
            self._x = torch.from_numpy(np.ascontiguousarray(x[None], np.float32))
        out, self._state = self._lstm(self._x, self._state)
        return torch.nn.functional.linear(out[0], self._weight, self._bias).numpy()


def quantise(path: Path, out: Path) -> None:
    """DynamicQuantizeLSTM and MatMulInteger, weights int8, a scale a row where the operator has it."""
    quantize_dynamic(path, out, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["LSTM", "MatMul"])
    kinds = {node.op_type for node in onnx.load(out).graph.node}
    if "DynamicQuantizeLSTM" not in kinds:
        raise SystemExit(f"quantize_dynamic left the LSTM as it was: {sorted(kinds)}")
