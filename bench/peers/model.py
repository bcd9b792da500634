"""Microseconds of one network step: ours, ONNX Runtime's (float and int8) and PyTorch's, same weights, one core.

    bench/peers/setup-venv
    ~/.cache/oido/venv-peers/bin/python bench/peers/model.py --core 1 --json model.json

Needs the build's bin/oido-features, bin/model_benchmark (-DOIDO_BUILD_BENCH=ON) and tests/log_probs. CPU time of this
process, T = 1, states carried; the least of some rounds, in which all take turns. Ours is model_benchmark's BM_Step, of
the same sizes with random weights: a step's time does not depend on them. Outputs are compared on a recording;
where the bundle is int8, theirs are of the float values that its integers stand for: the difference is what 8 bits of
h_t and of the input cost.
"""

import argparse
import io
import logging
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import networks
import numpy as np
import report

BATCHES = (1, 16, 64, 256)
AUDIO = Path("/usr/share/pocketsphinx/test/data/librivox")


def microseconds(step: Callable[[], object], seconds: float) -> float:
    """CPU time of a step, after a few."""
    for _ in range(3):
        step()
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        step()
        count += 1
    return spent / count * 1e6


def log_softmax(logits: np.ndarray, tokens: int) -> np.ndarray:
    """Of both heads, each by itself."""
    parts = [part for part in (logits[:, :tokens], logits[:, tokens:]) if part.shape[1]]
    return np.concatenate([part - np.logaddexp.reduce(part, axis=1, keepdims=True) for part in parts], axis=1)


def compare(network: networks.Network, recordings: list[tuple[np.ndarray, np.ndarray]], stepper: Callable) -> dict:
    """Of recordings (inputs, our log-probs [steps, outputs]): the largest difference of a probability in each step."""
    differences, same = [], []
    for inputs, ours in recordings:
        peer = stepper()
        found = log_softmax(np.concatenate([peer.step(row[None]).copy() for row in inputs]), network.tokens)
        differences.append(np.abs(np.exp(found) - np.exp(ours)).max(axis=1))
        same.append(found[:, network.tokens :].argmax(axis=1) == ours[:, network.tokens :].argmax(axis=1))
    steps = np.concatenate(differences)
    return {
        "steps": len(steps), "median": float(np.median(steps)), "p99": float(np.quantile(steps, 0.99)),
        "above_0.1": float((steps > 0.1).mean()), "largest": float(steps.max()),
        "same_best_phone": float(np.concatenate(same).mean()),
    }


def numpy_output(command: list[str]) -> np.ndarray:
    """Of one of our programs that prints an array."""
    return np.load(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout))


def measure(options: argparse.Namespace, makers: dict[str, Callable[[int], object]]) -> dict[str, dict[int, float]]:
    """Least microseconds of a step by name and batch."""
    times: dict[str, dict[int, float]] = {}

    def note(name: str, batch: int, value: float) -> None:
        known = times.setdefault(name, {})
        known[batch] = min(value, known.get(batch, value))

    for _ in range(options.rounds):
        for batch in BATCHES:
            for name, make in makers.items():
                note(name, batch, microseconds(make(batch).step, options.seconds))
            for bits, name in ((32, "oído float"), (8, "oído int8")):
                pattern = f"^BM_Step/bits:{bits}/batch:{batch}$"
                found = report.run_benchmark(options.build / "bin/model_benchmark", pattern, options.seconds)
                note(name, batch, next(iter(found.values())) / 1e3)
    return times


def print_results(network: networks.Network, times: dict[str, dict[int, float]], agreement: dict[str, dict]) -> None:
    """Two tables."""
    print(f"Microseconds of a step, {len(network.layers)}x{network.hidden}, T = 1, one core\n")
    report.print_table(["", *(f"batch {batch}" for batch in BATCHES)], [
        [name, *(values[batch] for batch in BATCHES)] for name, values in times.items()
    ])
    print("\nLargest difference of a probability in a step, from our outputs for the bundle\n")
    report.print_table(["", "steps", "median", "p99", "above 0.1", "largest", "same best phone"], [
        [name, *values.values()] for name, values in agreement.items()
    ])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--bundle", type=Path, default=Path("models/oido-en"))
    parser.add_argument("--audio", type=Path, default=AUDIO, help="folder of recordings")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report.use_one_core(options.core)
    logging.getLogger().setLevel(logging.ERROR)  # onnxruntime's advice to pre-process is of no use here
    network = networks.read_network(options.bundle)
    build, bundle = options.build, str(options.bundle)
    recordings = [(
        numpy_output([str(build / "bin/oido-features"), path, "--model", bundle, "--stacked", "--format", "npy"]),
        numpy_output([str(build / "tests/log_probs"), bundle, path]),
    ) for path in sorted(map(str, options.audio.glob("*.wav")))]
    with tempfile.TemporaryDirectory() as folder:
        plain, quantised = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        networks.write_onnx(network, plain)
        networks.quantise(plain, quantised)
        makers = {
            "ONNX Runtime float": lambda batch: networks.OnnxStepper(plain, network, batch),
            "ONNX Runtime int8": lambda batch: networks.OnnxStepper(quantised, network, batch),
            "PyTorch float": lambda batch: networks.TorchStepper(network, batch),
        }
        agreement = {
            name: compare(network, recordings, lambda make=make: make(1)) for name, make in makers.items()
        }
        times = measure(options, makers)
    print_results(network, times, agreement)
    report.write_json(options.json, {
        "machine": report.machine(["onnxruntime", "torch"]), "layers": len(network.layers), "hidden": network.hidden,
        "microseconds": times, "agreement": agreement,
    })


if __name__ == "__main__":
    main()
