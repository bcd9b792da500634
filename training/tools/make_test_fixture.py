"""Makes tests/data/tiny_bundle and its golden outputs: a random 2x16 model run by PyTorch.

Run from the repository root:  PYTHONPATH=training python training/tools/make_test_fixture.py tests/data
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from oido_train.bundle import BLANK_TOKEN, SPACE_TOKEN, BundleInfo, FrontendSettings, write_bundle
from oido_train.model import StreamingLstm

SEED = 20261123
FRAMES = 100  # not a multiple of the stride: the last frame belongs to no step
HIDDEN, LAYERS = 16, 2
FRONTEND = FrontendSettings(mel_bins=8, mel_high_hz=7600.0)
TOKENS = [BLANK_TOKEN, SPACE_TOKEN, "a", "b", "c", "d", "e", "'"]


def main(directory: Path) -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = StreamingLstm(FRONTEND.mel_bins, 3, HIDDEN, LAYERS, len(TOKENS), phones=4, dropout=0.0).eval()
    with torch.no_grad():
        model.mean.uniform_(5.0, 15.0)
        model.inverse_stddev.uniform_(0.2, 0.5)
        for layer in model.layers:
            layer.bias_ih_l0.normal_(std=0.5)
            layer.bias_hh_l0.normal_(std=0.5)
            layer.weight_ih_l0.normal_(std=0.5)
            layer.weight_hh_l0.normal_(std=0.5)
        model.letter_head.weight.normal_(std=1.5)
        log_mels = torch.randn(FRAMES, FRONTEND.mel_bins) * 3.0 + 10.0
        steps = FRAMES // FRONTEND.stride_frames
        hidden = model.normalise(log_mels)[: steps * 3].reshape(steps, 1, FRONTEND.input_size)
        golden = {"log_mels": log_mels.numpy()}
        for index, layer in enumerate(model.layers):
            hidden, (h, c) = layer(hidden)
            golden[f"lstm.{index}.h"] = h.reshape(HIDDEN).numpy()
            golden[f"lstm.{index}.c"] = c.reshape(HIDDEN).numpy()
        log_probs = model.letter_head(hidden).log_softmax(-1).squeeze(1)
        golden["log_probs"] = log_probs.numpy()
    info = BundleInfo("tiny-random", "1", "en-US", "Random weights for tests; says nothing sensible.", 240, 60)
    write_bundle(directory / "tiny_bundle", info, FRONTEND, TOKENS, model.export_tensors(), LAYERS, HIDDEN)
    save_file({k: np.ascontiguousarray(v) for k, v in golden.items()}, directory / "tiny_bundle_golden.safetensors")
    (directory / "tiny_bundle_golden.safetensors").chmod(0o644)
    (directory / "tiny_bundle.README.md").write_text(
        "# tiny_bundle and tiny_bundle_golden.safetensors\n\n"
        f"A 2x16 LSTM with random weights (seed {SEED}) in the bundle format, and what PyTorch "
        f"{torch.__version__} (CPU, float32) makes of random input with it:\n\n"
        f"- `log_mels` [{FRAMES}, 8]: natural-log mel energies before normalisation and stacking; step t "
        "takes frames 3t, 3t+1, 3t+2, and the last frame belongs to no step\n"
        f"- `log_probs` [{steps}, 8]: log-softmax of the output layer at each step\n"
        "- `lstm.K.h`, `lstm.K.c` [16]: state of layer K after the last step (initial state zero)\n\n"
        "Made by:\n\n"
        "    PYTHONPATH=training python training/tools/make_test_fixture.py tests/data\n"
    )
    print("greedy:", [TOKENS[i] for i in log_probs.argmax(-1)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
