"""The training loop: phone cross entropy first, letter CTC growing in, checkpoints on the way."""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm

from oido_train import tokens
from oido_train.config import Experiment, TrainSettings
from oido_train.dataset import IGNORED_PHONE, Batch, TrainingBatches, open_loader, spoken_phones, statistics
from oido_train.evaluate import greedy_ids, load_initial, new_model, score
from oido_train.manifest import Utterance
from oido_train.model import StackedLstm, bfloat16_is_fast
from oido_train.prepare import FeatureCache, open_cache
from oido_train.scoring import ErrorCount, count_errors


def learning_rate(update: int, settings: TrainSettings) -> float:
    """Linear warm-up, flat, then cosine to zero at the last update."""
    if update < settings.warmup_updates:
        return settings.learning_rate * (update + 1) / settings.warmup_updates
    flat_until = settings.flat_share * settings.total_updates
    if update < flat_until:
        return settings.learning_rate
    progress = (update - flat_until) / max(1.0, settings.total_updates - flat_until)
    return settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def ramp(update: int, first: int, last: int) -> float:
    """0 before `first`, 1 from `last` on, linear between."""
    return min(1.0, max(0.0, (update - first) / max(1, last - first)))


def delayed(phones: torch.Tensor, steps: int) -> torch.Tensor:
    """Targets moved `steps` later, so that the model has heard that much of the future."""
    shifted = torch.full_like(phones, IGNORED_PHONE)
    shifted[steps:] = phones[: len(phones) - steps]
    return shifted


def ctc(logits: torch.Tensor, steps: torch.Tensor, targets: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """CTC loss per target token; both token sets have the blank in place 0."""
    loss = functional.ctc_loss(
        logits.float().log_softmax(-1), targets.to(logits.device), steps, counts,
        blank=tokens.BLANK_ID, reduction="sum", zero_infinity=True,
    )
    return loss / counts.sum()


def losses(model: StackedLstm, batch: Batch, update: int, settings: TrainSettings) -> tuple[torch.Tensor, dict[str, float]]:
    """The weighted sum to minimise, and its parts for the log."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16_is_fast(device)):
        letters, phones, frames = model(batch.inputs.to(device), batch.steps)
    total = letters.new_zeros((), dtype=torch.float32)
    parts: dict[str, float] = {}
    aligned = bool((batch.phones != IGNORED_PHONE).any())
    ctc_weight = ramp(update, settings.ctc_from_update, settings.ctc_full_update) if aligned else 1.0
    if ctc_weight > 0:
        letter_loss = ctc(letters, batch.steps, batch.letters, batch.letter_counts)
        phone_loss = ctc(phones, batch.steps, batch.pronunciations, batch.pronunciation_counts)
        total = total + ctc_weight * (letter_loss + settings.phone_ctc_weight * phone_loss)
        parts["letters"], parts["phones"] = float(letter_loss.detach()), float(phone_loss.detach())
    fading = 1.0 - ramp(update, settings.ctc_full_update, settings.frame_loss_fades_until)
    targets = delayed(batch.phones.to(device), settings.frame_delay_steps).flatten()
    frame_loss = functional.cross_entropy(frames.flatten(0, 1).float(), targets, ignore_index=IGNORED_PHONE)
    if aligned:
        total = total + max(settings.frame_loss_weight, fading) * frame_loss
        parts["frames"] = float(frame_loss.detach())
    return total, parts


def read_spoken_phones(work: Path, utterance_ids: set[str]) -> dict[str, list[int]]:
    """The aligned phones of some utterances."""
    path = work / "alignments.npz"
    if not path.exists():
        return {}
    with np.load(path) as archive:
        known = utterance_ids & {name.removesuffix("/words") for name in archive.files}
        return {name: spoken_phones(archive[f"{name}/phones"], archive[f"{name}/words"]) for name in known}


@dataclass
class Progress:
    """Where a run stands; goes into the checkpoint."""

    update: int = 0
    epoch: int = 0
    next_batch: int = 0
    audio_hours: float = 0.0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


class Trainer:
    """One run: model, moving average, optimiser and position."""

    def __init__(
        self, experiment: Experiment, utterances: list[Utterance], work: Path, run: Path, initial: Path | None = None
    ) -> None:
        self.experiment, self.settings = experiment, experiment.train
        self.utterances, self.work, self.run = utterances, work, run
        self.cache: FeatureCache = open_cache(work / "features", experiment.copies[0].name, experiment.frontend.mel_bins)
        self.dev_phones = read_spoken_phones(work, {u.utterance_id for u in utterances if u.split == "dev"})
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(self.settings.seed)
        self.model = new_model(experiment)
        mean, inverse_stddev = statistics(self.cache, utterances)
        self.model.mean.copy_(torch.from_numpy(mean))
        self.model.inverse_stddev.copy_(torch.from_numpy(inverse_stddev))
        if initial:
            load_initial(self.model, experiment, initial)
        self.model.to(self.device)
        self.average = new_model(experiment).to(self.device).eval()
        self.average.load_state_dict(self.model.state_dict())
        self.model.layers[: self.settings.frozen_layers].requires_grad_(False)
        learning = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        matrices = [p for name, p in learning.items() if "layers." in name and p.ndim == 2]
        others = [p for p in learning.values() if not any(p is matrix for matrix in matrices)]
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "adamw": torch.optim.AdamW(
                others, lr=self.settings.learning_rate, betas=(0.9, 0.98),
                weight_decay=self.settings.weight_decay, fused=True,
            ),
            "muon": torch.optim.Muon(
                matrices, lr=self.settings.learning_rate, weight_decay=self.settings.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            ),
        }
        self.progress = Progress()
        self.checkpoint_path = run / "checkpoint.pt"
        if self.checkpoint_path.exists():
            self._load()

    def _load(self) -> None:
        state = torch.load(self.checkpoint_path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        self.progress = Progress(**state["progress"])
        torch.set_rng_state(state["random"].cpu())

    def save(self) -> None:
        """Writes the checkpoint in one atomic step."""
        state = {
            "model": self.model.state_dict(), "average": self.average.state_dict(),
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "progress": vars(self.progress),
            "random": torch.get_rng_state(),
        }
        partial = self.checkpoint_path.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint_path)
        if self.progress.update % self.settings.keep_every == 0:
            torch.save({"average": state["average"]}, self.run / f"weights-{self.progress.update:06d}.pt")

    def step(self, batch: Batch) -> dict[str, float]:
        """One update; returns the parts of the loss."""
        update = self.progress.update
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(update, self.settings)
        self.model.train()
        self.model.zero_grad()
        loss, parts = losses(self.model, batch, update, self.settings)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.gradient_clip)
        if torch.isfinite(norm):
            for optimiser in self.optimisers.values():
                optimiser.step()
        parts["gradient"] = float(norm)
        decay = min(self.settings.average_decay, (1 + update) / (10 + update))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1.0 - decay)
        step_hours = self.experiment.frontend.step_ms / 3.6e6
        self.progress.audio_hours += float(batch.steps.sum()) * step_hours
        self.progress.update += 1
        self.progress.epoch, self.progress.next_batch = batch.epoch, batch.number + 1
        return parts

    def evaluate(self) -> str:
        """Greedy WER/CER/PER of the averaged weights on dev, per source."""
        chosen = [u for u in self.utterances if u.split == "dev"]
        letter_ids, phone_ids = greedy_ids(self.average, [self.cache.log_mels(u.utterance_id) for u in chosen], bfloat16=True)
        hypotheses = [tokens.decode(tokens.collapse(ids)) for ids in letter_ids]
        table = score(chosen, hypotheses)
        phone_errors: dict[str, ErrorCount] = {}
        for utterance, ids in zip(chosen, phone_ids):
            spoken = self.dev_phones.get(utterance.utterance_id)
            if spoken:
                phone_errors.setdefault(utterance.source, ErrorCount()).add(count_errors(spoken, tokens.collapse(ids)))
        shown = "; ".join(
            f"{source} {words.rate:.1%}/{characters.rate:.1%}/"
            + (f"{phone_errors[source].rate:.1%}" if source in phone_errors else "not aligned")
            for source, (words, characters) in sorted(table.items())
        )
        example = f"\n    ref {chosen[0].text}\n    hyp {hypotheses[0]}" if chosen else ""
        return f"WER/CER/PER {shown}{example}"


def train(
    experiment: Experiment, utterances: list[Utterance], dictionary: Path, work: Path, run: Path, threads: int,
    initial: Path | None = None,
) -> None:
    """Trains to the last update, going on from RUN/checkpoint.pt where there is one, else from `initial`."""
    torch.set_num_threads(threads)
    run.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(experiment, utterances, work, run, initial)
    progress, settings = trainer.progress, experiment.train
    start = (progress.epoch, progress.next_batch, progress.update)
    mean = trainer.model.mean.cpu().numpy()
    inverse_stddev = trainer.model.inverse_stddev.cpu().numpy()
    batches = open_loader(TrainingBatches(experiment, utterances, dictionary, work, mean, inverse_stddev, start))
    sums: dict[str, float] = {}
    counted = 0
    wall, cpu = time.monotonic() - progress.wall_seconds, time.process_time() - progress.cpu_seconds
    bar = tqdm(total=settings.total_updates, initial=progress.update, desc=experiment.name, mininterval=10)
    with open(run / "log.txt", "a", encoding="utf-8") as log:
        while progress.update < settings.total_updates:
            for name, value in trainer.step(next(batches)).items():
                sums[name] = sums.get(name, 0.0) + value
            counted += 1
            bar.update()
            last = progress.update == settings.total_updates
            progress.wall_seconds, progress.cpu_seconds = time.monotonic() - wall, time.process_time() - cpu
            if progress.update % 50 == 0:
                shown = " ".join(f"{name} {value / counted:.3f}" for name, value in sums.items())
                log.write(
                    f"{progress.update} epoch {progress.epoch} hours {progress.audio_hours:.1f} "
                    f"minutes {progress.wall_seconds / 60:.1f} cpu {progress.cpu_seconds / 60:.1f} {shown}\n"
                )
                log.flush()
                sums, counted = {}, 0
            if progress.update % settings.evaluate_every == 0 or last:
                log.write(f"{progress.update} {trainer.evaluate()}\n")
                log.flush()
            if progress.update % settings.checkpoint_every == 0 or last:
                trainer.save()
    bar.close()
