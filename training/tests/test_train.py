"""Training overfits a handful of utterances, and a stopped run goes on as if it had not stopped."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import with_train

from oido_train.config import Experiment
from oido_train.evaluate import load_model, transcribe
from oido_train.manifest import Utterance
from oido_train.prepare import open_cache
from oido_train.train import Trainer, learning_rate, train

Corpus = tuple[list[Utterance], Path]


@pytest.mark.parametrize("bidirectional", [False, True])
def test_overfits_made_up_sentences(
    experiment: Experiment, corpus: Corpus, tmp_path: Path, bidirectional: bool
) -> None:
    utterances, work = corpus
    experiment = replace(experiment, model=replace(experiment.model, bidirectional=bidirectional))
    experiment = with_train(
        experiment, total_updates=500, learning_rate=5e-3, flat_share=0.6, average_decay=0.95,
        ctc_from_update=100, ctc_full_update=200, frame_loss_fades_until=300, checkpoint_every=1000,
    )
    train(experiment, utterances, work / "words.dict", work, tmp_path / "run", threads=1)
    model = load_model(experiment, tmp_path / "run" / "checkpoint.pt")
    cache = open_cache(work / "features", "clean", experiment.frontend.mel_bins)
    dev = [u for u in utterances if u.split == "dev"]
    hypotheses = transcribe(model, [cache.log_mels(u.utterance_id) for u in dev])
    assert hypotheses == [u.text for u in dev]


def test_stopped_run_goes_on_identically(
    experiment: Experiment, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    utterances, work = corpus
    train(experiment, utterances, work / "words.dict", work, tmp_path / "whole", threads=1)

    step = Trainer.step

    def stop_at_six(self: Trainer, batch: object) -> dict[str, float]:
        if self.progress.update == 6:
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", stop_at_six)
        with pytest.raises(KeyboardInterrupt):
            train(experiment, utterances, work / "words.dict", work, tmp_path / "stopped", threads=1)
    train(experiment, utterances, work / "words.dict", work, tmp_path / "stopped", threads=1)  # from the checkpoint of update 4

    whole = torch.load(tmp_path / "whole" / "checkpoint.pt", weights_only=True)
    stopped = torch.load(tmp_path / "stopped" / "checkpoint.pt", weights_only=True)
    for part in ("model", "average"):
        for name, tensor in whole[part].items():
            assert torch.equal(tensor, stopped[part][name]), f"{part} {name}"


def test_a_fine_tuning_run_needs_no_alignments_and_leaves_frozen_layers_alone(
    experiment: Experiment, corpus: Corpus, tmp_path: Path
) -> None:
    utterances, work = corpus
    (work / "alignments.npz").unlink()
    (work / "words.dict").write_text("".join(f"{word} K AE T\n" for u in utterances for word in u.text.split()))
    train(experiment, utterances, work / "words.dict", work, tmp_path / "first", threads=1)
    first = tmp_path / "first" / "checkpoint.pt"
    both = replace(experiment.model, bidirectional=True, forward_layers=1)
    fine = replace(with_train(experiment, frozen_layers=1), model=both)
    train(fine, utterances, work / "words.dict", work, tmp_path / "fine", threads=1, initial=first)
    before = torch.load(first, weights_only=True)["average"]
    after = torch.load(tmp_path / "fine" / "checkpoint.pt", weights_only=True)["model"]
    moved = {name for name, tensor in before.items() if name.startswith("layers.") and not torch.equal(tensor, after[name])}
    assert moved == {name for name in before if name.startswith("layers.1.")}


def test_learning_rate_warms_up_and_ends_at_zero(experiment: Experiment) -> None:
    settings = experiment.train
    assert learning_rate(0, settings) < settings.learning_rate
    assert learning_rate(settings.warmup_updates, settings) == settings.learning_rate
    assert learning_rate(settings.total_updates, settings) == pytest.approx(0.0)
