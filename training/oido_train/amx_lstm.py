"""An LSTM layer for training on CPUs with AMX-BF16 or AVX512-BF16: faster than nn.LSTM there, built on first use."""

import functools
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

MAX_BATCH = 48


@functools.cache
def extension() -> ModuleType | None:
    """The compiled part, or None where the processor or the compiler cannot do it."""
    cpu_info = Path("/proc/cpuinfo")
    known = cpu_info.read_text() if cpu_info.exists() else ""
    if "avx512_bf16" not in known:
        return None
    from torch.utils.cpp_extension import load

    flags = ["-O3", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512bf16", "-mfma"]
    if "amx_bf16" in known:
        flags += ["-mamx-tile", "-mamx-bf16"]
    source = Path(__file__).with_name("amx_lstm.cpp")
    try:
        return load("oido_amx_lstm", [str(source)], extra_cflags=flags)
    except (RuntimeError, OSError, ImportError):
        return None


class _Layer(torch.autograd.Function):
    """Sequence in, sequence out; the state starts at zero and its end is not returned."""

    @staticmethod
    def forward(ctx, inputs, weight_ih, weight_hh, bias):  # noqa: ANN001, ANN205 (signature of torch)
        steps, batch, size = inputs.shape
        weight_ih, weight_hh = weight_ih.bfloat16(), weight_hh.bfloat16()
        projected = torch.mm(inputs.reshape(-1, size), weight_ih.t()).view(steps, batch, -1)
        outputs, gates, cells, cell_tanhs = extension().forward(projected, weight_hh, bias)
        ctx.save_for_backward(inputs, weight_ih, weight_hh, outputs, gates, cells, cell_tanhs)
        return outputs

    @staticmethod
    def backward(ctx, output_gradients):  # noqa: ANN001, ANN205
        inputs, weight_ih, weight_hh, outputs, gates, cells, cell_tanhs = ctx.saved_tensors
        gradients = extension().backward(
            output_gradients.bfloat16().contiguous(), weight_hh, gates, cells, cell_tanhs
        )
        flat = gradients.flatten(0, 1)
        input_gradients = torch.mm(flat, weight_ih).view_as(inputs) if ctx.needs_input_grad[0] else None
        before = torch.cat([torch.zeros_like(outputs[:1]), outputs[:-1]])
        weight_gradients = torch.mm(flat.t(), torch.cat([inputs, before], dim=2).flatten(0, 1)).float()
        weight_ih_gradients, weight_hh_gradients = weight_gradients.split([inputs.shape[2], outputs.shape[2]], dim=1)
        bias_gradients = torch.mm(flat.new_ones(1, len(flat)), flat).view(-1).float()  # faster than sum()
        return input_gradients, weight_ih_gradients, weight_hh_gradients, bias_gradients


def run_layer(layer: nn.LSTM, inputs: torch.Tensor) -> torch.Tensor:
    """What `layer(inputs)[0]` gives, for training: by the fast path where there is one."""
    usable = (
        torch.is_grad_enabled()
        and inputs.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and inputs.shape[1] <= MAX_BATCH
        and layer.hidden_size % 32 == 0
        and extension() is not None
    )
    if not usable:
        return layer(inputs)[0]
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    return _Layer.apply(inputs.bfloat16().contiguous(), layer.weight_ih_l0, layer.weight_hh_l0, bias)
