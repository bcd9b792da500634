"""A tiny made-up corpus: every letter is a pattern of mel energies, so that overfitting takes seconds."""

import os
from dataclasses import replace
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
