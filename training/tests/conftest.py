"""A tiny made-up corpus, where every letter is a pattern of mel energies, and the programs of a C++ build."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from oido_train import tokens
from oido_train.bundle import FrontendSettings
from oido_train.config import AugmentSettings, CopySettings, DataSettings, Experiment, ModelSettings, TrainSettings
from oido_train.manifest import Utterance
from oido_train.prepare import write_part

MEL_BINS = 16
FRAMES_PER_LETTER = 9  # three model steps
SENTENCES = ["a cat", "the dog's bed", "no", "one more line", "red plum", "we sang"]


@dataclass(frozen=True)
class Programs:
    """The C++ side, as built."""

    oido_features: Path
    oido_server: Path
    oido_wer: Path
    log_probs: Path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--build", type=Path, help="build folder with the C++ programs; what is not in it is an error")


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> Programs:
    """Of --build FOLDER; without that, of build/release, and where they are not built the test is skipped."""
    asked_for = request.config.getoption("--build")
    build = asked_for or Path(__file__).parents[2] / "build" / "release"
    found = Programs(
        *(build / "bin" / name for name in ("oido-features", "oido-server", "oido-wer")),
        log_probs=build / "tests" / "log_probs",
    )
    missing = [str(path) for path in vars(found).values() if not path.exists()]
    missing += [name for name in ["espeak-ng"] if not shutil.which(name)]
    if missing:
        say = pytest.fail if asked_for else pytest.skip
        say(f"./setup and a release build bring what is missing here: {', '.join(missing)}")
    return found


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def experiment() -> Experiment:
    return Experiment(
        name="tiny", description="for tests", frontend=FrontendSettings(mel_bins=MEL_BINS), data=DataSettings(),
        copies=(CopySettings("clean"),), model=ModelSettings(layers=2, hidden_size=64, dropout=0.1),
        augment=AugmentSettings(
            gain_stddev=0.1, tilt_stddev=0.0, warp_probability=0.0, frequency_masks=0, time_mask_max_frames=1
        ),
        train=TrainSettings(
            total_updates=12, warmup_updates=2, short_first_updates=0, ctc_from_update=0, ctc_full_update=1,
            frame_loss_fades_until=2, checkpoint_every=4, evaluate_every=1000,
        ),
    )


@pytest.fixture
def corpus(tmp_path: Path) -> tuple[list[Utterance], Path]:
    """Utterances and the work folder with their features and phone alignments."""
    rng = np.random.default_rng(7)
    patterns = rng.uniform(6.0, 16.0, (len(tokens.TOKENS), MEL_BINS))
    utterances, frames, alignments = [], [], {}
    for index, text in enumerate(SENTENCES):
        for split in ("train", "dev"):
            utterances.append(Utterance(f"{split}{index}", Path(), 1.0, f"s{index}", "made-up", split, text))
            ids = [0, *tokens.encode(text), 0]
            frames.append(np.repeat(patterns[ids], FRAMES_PER_LETTER, axis=0).astype(np.float16))
            alignments[f"train{index}/phones"] = np.repeat(np.array(ids, np.uint8), FRAMES_PER_LETTER)
            alignments[f"train{index}/sequence"] = np.array(ids[1:-1], np.uint8)
    work = tmp_path / "work"
    (work / "features").mkdir(parents=True)
    ids = [u.utterance_id for u in utterances]
    write_part(work / "features", "clean", 0, frames, ids, [1.0] * len(ids))
    np.savez(work / "alignments.npz", **alignments)
    (work / "words.dict").write_text("")
    return utterances, work


def with_train(experiment: Experiment, **changes: object) -> Experiment:
    """The experiment with other training settings."""
    return replace(experiment, train=replace(experiment.train, **changes))


os.environ.setdefault("OMP_NUM_THREADS", "1")
