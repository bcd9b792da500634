"""Makes the tiny bundles below tests/data and their golden outputs: random 2x16 models run by PyTorch and NumPy.

Run from the repository root:  PYTHONPATH=training python training/tools/make_test_fixture.py tests/data
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from oido_train.bundle import BLANK_TOKEN, SPACE_TOKEN, BundleInfo, FrontendSettings, write_bundle
from oido_train.model import StackedLstm
from oido_train.quantise import Int8Model, input_range, quantise

SEED = 20261123
FRAMES = 100  # not a multiple of the stride: the last frame belongs to no step
HIDDEN, LAYERS = 16, 2
FRONTEND = FrontendSettings(mel_bins=8, mel_high_hz=7600.0)
TOKENS = [BLANK_TOKEN, SPACE_TOKEN, "a", "b", "c", "d", "e", "'"]
PHONES = [BLANK_TOKEN, "AA", "B", "K"]
# Fixture -> what it is, in its README.
KINDS = {
    "tiny_bundle": "A 2x16 LSTM",
    "tiny_bidirectional": "A 2x16 bidirectional LSTM",
    "tiny_int8": "The LSTM of tiny_bundle in int8",
}
STATES = {
    "tiny_bundle": "- `lstm.K.h`, `lstm.K.c` [16]: state of layer K after the last step (initial state zero)\n",
    "tiny_int8": "- `h` [33, 2, 16]: bytes h_t of both layers after each step\n"
    "- `lstm.K.c` [16]: c_t of layer K after the last step\n",
    "tiny_bidirectional": "- `lstm.K.output` [33, 32]: what layer K hands on, the forward LSTM's output first\n",
}


def random_model(bidirectional: bool) -> StackedLstm:
    model = StackedLstm(
        FRONTEND.mel_bins, 3, HIDDEN, LAYERS, len(TOKENS), phones=len(PHONES), dropout=0.0, bidirectional=bidirectional,
        forward_layers=0,
    ).eval()
    torch.manual_seed(SEED)  # whatever the network's own initialisation has drawn
    model.mean.uniform_(5.0, 15.0)
    model.inverse_stddev.uniform_(0.2, 0.5)
    for layer in [*model.layers, *model.reverse_layers]:
        layer.bias_ih_l0.normal_(std=0.5)
        layer.bias_hh_l0.normal_(std=0.5)
        layer.weight_ih_l0.normal_(std=0.5)
        layer.weight_hh_l0.normal_(std=0.5)
    model.letter_head.weight.normal_(std=1.5)
    model.letter_head.bias.normal_(std=0.5)
    return model


def torch_layer(model: StackedLstm, index: int) -> nn.LSTM:
    """The layer as PyTorch's own LSTM, of one or both directions."""
    forward = model.layers[index]
    both = nn.LSTM(forward.input_size, HIDDEN, bidirectional=len(model.reverse_layers) > 0)
    parts = [("", forward)] + [("_reverse", layer) for layer in list(model.reverse_layers)[index : index + 1]]
    for suffix, layer in parts:
        for name, values in layer.named_parameters():
            getattr(both, name + suffix).copy_(values)
    return both


def golden_int8(tensors: dict[str, np.ndarray], log_mels: np.ndarray, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """What the integer model, in NumPy, makes of the inputs."""
    model = Int8Model(tensors)
    log_probs, outputs = [], []
    for row in inputs:
        log_probs.append(model.step(row).astype(np.float32))
        outputs.append(model.h.copy())
    golden = {"log_mels": log_mels, "log_probs": np.stack(log_probs), "h": np.stack(outputs).astype(np.int8)}
    return golden | {f"lstm.{k}.c": model.c[k].astype(np.float32) for k in range(LAYERS)}


def make(directory: Path, name: str) -> None:
    bidirectional = name == "tiny_bidirectional"
    model = random_model(bidirectional)
    log_mels = torch.randn(FRAMES, FRONTEND.mel_bins) * 3.0 + 10.0
    steps = FRAMES // FRONTEND.stride_frames
    if not bidirectional:  # the other bundle is one without a phone head
        model.phone_head.weight.normal_(std=1.5)
        model.phone_head.bias.normal_(std=0.5)
    inputs = model.normalise(log_mels)[: steps * 3].reshape(steps, FRONTEND.input_size)
    hidden = inputs.unsqueeze(1)
    golden = {"log_mels": log_mels.numpy()}
    for index in range(LAYERS):
        hidden, (h, c) = torch_layer(model, index)(hidden)
        if bidirectional:
            golden[f"lstm.{index}.output"] = hidden.squeeze(1).numpy()
        else:
            golden[f"lstm.{index}.h"] = h.reshape(HIDDEN).numpy()
            golden[f"lstm.{index}.c"] = c.reshape(HIDDEN).numpy()
    letters = model.letter_head(hidden).log_softmax(-1).squeeze(1)
    golden["log_probs"] = letters.numpy()
    tensors = model.export_tensors()
    if bidirectional:
        del tensors["phones.weight"], tensors["phones.bias"]
    else:
        phones = model.phone_head(hidden).log_softmax(-1).squeeze(1)
        golden["log_probs"] = torch.cat([letters, phones], dim=-1).numpy()
    bundle_name = {"tiny_bundle": "tiny-random"}.get(name, name.replace("_", "-"))
    info = BundleInfo(bundle_name, "1", "en-US", "Random weights for tests; says nothing sensible.", 240, 60)
    if name == "tiny_int8":
        tensors = quantise(tensors, input_range(inputs.numpy()))
        golden = golden_int8(tensors, log_mels.numpy(), inputs.numpy())
    write_bundle(
        directory / name, info, FRONTEND, TOKENS, tensors, LAYERS, HIDDEN,
        direction="bidirectional" if bidirectional else "unidirectional", phones=[] if bidirectional else PHONES,
    )
    golden_path = directory / f"{name}_golden.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in golden.items()}, golden_path)
    golden_path.chmod(0o644)
    (directory / f"{name}.README.md").write_text(
        f"# {name} and {name}_golden.safetensors\n\n"
        f"{KINDS[name]} with random weights (seed {SEED}) in the bundle format, and what {maker(name)} "
        "makes of random input with it:\n\n"
        f"- `log_mels` [{FRAMES}, 8]: natural-log mel energies before normalisation and stacking; step t "
        "takes frames 3t, 3t+1, 3t+2, and the last frame belongs to no step\n"
        f"- `log_probs` {list(golden['log_probs'].shape)}: log-softmax of the output layer at each step"
        f"{'' if bidirectional else ', then that of the phone head'}\n"
        f"{STATES[name]}\n"
        "Made by:\n\n"
        "    PYTHONPATH=training python training/tools/make_test_fixture.py tests/data\n"
    )
    print(f"{name}: greedy:", [TOKENS[i] for i in letters.argmax(-1)])


def maker(name: str) -> str:
    """Whose numbers these are."""
    if name == "tiny_int8":
        return f"oido_train.quantise.Int8Model (NumPy {np.__version__}, integers and double precision)"
    return f"PyTorch {torch.__version__} (CPU, float32)"


@torch.no_grad()
def main(directory: Path) -> None:
    torch.set_num_threads(1)
    for name in KINDS:
        make(directory, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
