"""From recordings to a server: ten sentences go through every stage, and oido-server says them without an error."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Programs
from server_process import ServerProcess
from spoken_corpus import SENTENCES, make_corpus

from oido_train.config import read_experiment
from oido_train.dataset import stack_frames
from oido_train.evaluate import load_model
from oido_train.model import StackedLstm

# Both sides compute in float32 but add in different orders; the largest difference seen is 8e-6, of log-probs down to -35.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Trained:
    """A finished run and the options that every stage needs to find it."""

    options: list[str]
    data: Path
    recordings: list[Path]
    checkpoint: Path

    def stage(self, *arguments: object) -> None:
        """Runs `python -m oido_train ... ARGUMENTS`."""
        package = Path(__file__).parents[1]
        environment = os.environ | {"PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "oido_train", *self.options, *map(str, arguments)]
        subprocess.run(command, check=True, env=environment)

    def curve(self) -> str:
        """Losses and WER of the run: what one wants to see when a test fails."""
        return "\n" + self.checkpoint.with_name("log.txt").read_text()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, programs: Programs) -> Trained:
    data, work = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("work") / "new"
    recordings = make_corpus(data / "corpus")
    data /= "corpus"
    options = ["--config", str(data / "experiment.toml"), "--data", str(data), "--work", str(work)]
    run = Trained(options, data, recordings, work / "run" / "checkpoint.pt")
    run.stage("align")
    run.stage("prepare", "--oido-features", programs.oido_features)
    run.stage("train", "--run", work / "run")
    return run


@pytest.fixture(scope="module", params=["float32", "float16"])
def bundle(request: pytest.FixtureRequest, trained: Trained) -> tuple[Path, str]:
    """The exported model, and the type of its matrices."""
    out = trained.checkpoint.with_name(request.param)
    trained.stage(
        "export", "--checkpoint", trained.checkpoint, "--out", out, "--version", "1", "--dtype", request.param
    )
    return out, request.param


def test_learns_ten_sentences_by_heart(trained: Trained, programs: Programs) -> None:
    hypotheses = trained.checkpoint.with_name("hypotheses.tsv")
    trained.stage(
        "evaluate", "--checkpoint", trained.checkpoint, "--split", "dev",
        "--oido-features", programs.oido_features, "--hypotheses", hypotheses,
    )
    found = [line.split("\t")[2] for line in hypotheses.read_text().splitlines()]
    assert found == SENTENCES, trained.curve()


@torch.no_grad()
def log_probs_of_torch(model: StackedLstm, log_mels: np.ndarray) -> np.ndarray:
    """[steps, tokens + phones] of one recording alone."""
    normalised = model.normalise(torch.from_numpy(log_mels)).numpy()
    inputs = torch.from_numpy(stack_frames(normalised, model.stacked_frames, model.stacked_frames))
    letters, phones, _ = model(inputs.unsqueeze(1), torch.tensor([len(inputs)]))
    return torch.cat([letters.log_softmax(-1), phones.log_softmax(-1)], dim=-1).squeeze(1).numpy()


def test_the_server_s_model_gives_the_log_probs_of_the_trained_one(
    trained: Trained, bundle: tuple[Path, str], programs: Programs
) -> None:
    directory, dtype = bundle
    model = load_model(read_experiment(trained.data / "experiment.toml"), trained.checkpoint)
    matrices = [p for p in [*model.layers.parameters(), model.letter_head.weight, model.phone_head.weight] if p.ndim == 2]
    for matrix in matrices:
        matrix.data = matrix.data.to(getattr(torch, dtype)).float()
    largest = 0.0
    for recording in trained.recordings:
        features = [programs.oido_features, "--model", directory, "--format", "npy", recording]
        log_mels = np.load(io.BytesIO(subprocess.check_output(features)))
        found = np.load(io.BytesIO(subprocess.check_output([programs.log_probs, directory, recording])))
        expected = log_probs_of_torch(model, log_mels)
        assert found.shape == expected.shape
        largest = max(largest, float(np.abs(found - expected).max()))
    print(f"{dtype}: largest difference {largest:.2e}")
    assert largest < TOLERANCE


def test_the_server_says_every_sentence_without_an_error(
    trained: Trained, bundle: tuple[Path, str], programs: Programs
) -> None:
    hypotheses = trained.checkpoint.with_name(f"served-{bundle[1]}.tsv")
    server = ServerProcess(programs.oido_server, ["--model", str(bundle[0])])
    try:
        output = subprocess.check_output([
            programs.oido_wer, "--server", server.address, "--manifest", trained.data / "manifest.tsv",
            "--source", "spoken", "--json", "--hypotheses", hypotheses,
        ])
    finally:
        server.stop()
    score = json.loads(output)["all"]
    assert score["words"] == sum(len(text.split()) for text in SENTENCES)
    assert (score["wer"], score["errors"]) == (0.0, 0), hypotheses.read_text() + trained.curve()
