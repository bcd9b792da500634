"""The AMX layer against PyTorch's own in float32, output and gradients."""

from pathlib import Path

import pytest
import torch
from torch import nn

from oido_train import amx_lstm


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Builds the layer. Only the processor is a reason to skip: where it could be built it must be."""
    cpu_info = Path("/proc/cpuinfo")
    if not cpu_info.exists() or "avx512_bf16" not in cpu_info.read_text():
        pytest.skip("this processor has no AVX512-BF16")
    assert amx_lstm.extension(), "the AMX layer was not built: it takes a C++ compiler, Python's headers and ninja"


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found.detach().float() - expected.detach()).norm() / expected.detach().norm())


@pytest.mark.parametrize(("steps", "batch", "size", "hidden"), [(9, 1, 32, 32), (20, 17, 48, 64), (12, 40, 240, 96)])
def test_agrees_with_the_library_within_bfloat16_rounding(steps: int, batch: int, size: int, hidden: int) -> None:
    torch.manual_seed(steps)
    layer, reference = nn.LSTM(size, hidden), nn.LSTM(size, hidden)
    reference.load_state_dict(layer.state_dict())
    inputs = torch.randn(steps, batch, size, requires_grad=True)
    reference_inputs = inputs.detach().clone().requires_grad_()
    weights = torch.randn(steps, batch, hidden)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = amx_lstm.run_layer(layer, inputs)
    (outputs.float() * weights).sum().backward()
    expected = reference(reference_inputs)[0]
    (expected * weights).sum().backward()

    assert relative_error(outputs, expected) < 0.01
    assert relative_error(inputs.grad, reference_inputs.grad) < 0.015
    for found, wanted in zip(layer.parameters(), reference.parameters()):
        assert relative_error(found.grad, wanted.grad) < 0.015
