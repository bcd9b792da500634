"""Recordings without alignments are trained by CTC from the first update on."""

from pathlib import Path

import torch
from conftest import with_train

from oido_train.config import Experiment
from oido_train.dataset import IGNORED_PHONE, Batch
from oido_train.evaluate import new_model
from oido_train.train import losses


def test_without_alignments_ctc_carries_the_gradient(experiment: Experiment, tmp_path: Path) -> None:
    experiment = with_train(experiment, ctc_from_update=100, ctc_full_update=200)
    model = new_model(experiment)
    inputs = torch.randn(12, 1, experiment.frontend.input_size)
    unknown = torch.full((12, 1), IGNORED_PHONE)
    counts = torch.tensor([2])
    batch = Batch(0, 0, inputs, torch.tensor([12]), unknown, torch.tensor([3, 4]), counts, torch.tensor([5, 6]), counts)
    loss, parts = losses(model, batch, update=0, settings=experiment.train)
    loss.backward()
    assert set(parts) == {"letters", "phones"}
    assert model.layers[0].weight_hh_l0.grad.abs().sum() > 0
