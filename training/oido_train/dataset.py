"""Batches of augmented model inputs, as a pure function of seed, epoch and batch number."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from oido_train import tokens
from oido_train.augment import augment
from oido_train.config import Experiment
from oido_train.lexicon import PHONE_IDS, Lexicon
from oido_train.manifest import Utterance
from oido_train.prepare import FeatureCache, count_parts, open_cache
from oido_train.splice import SOURCE, read_spliced

IGNORED_PHONE = -100
SHORT_SECONDS = 4.0


@dataclass
class Batch:
    """One update's worth of utterances; T model steps, B utterances."""

    epoch: int
    number: int  # within the epoch
    inputs: torch.Tensor  # [T, B, input_size] normalised
    steps: torch.Tensor  # [B]
    phones: torch.Tensor  # [T, B] phone of each step without delay, IGNORED_PHONE where unknown
    letters: torch.Tensor  # [sum of letter_counts]
    letter_counts: torch.Tensor  # [B]
    pronunciations: torch.Tensor  # [sum of pronunciation_counts] phones as spoken, without silence
    pronunciation_counts: torch.Tensor  # [B]


def stack_frames(log_mels: np.ndarray, stacked: int, stride: int) -> np.ndarray:
    """[frames, mel_bins] to [steps, stacked * mel_bins]; an incomplete last step is dropped."""
    steps = max(0, (len(log_mels) - stacked) // stride + 1)
    rows = np.arange(steps)[:, None] * stride + np.arange(stacked)
    return log_mels[rows].reshape(steps, -1)


def statistics(cache: FeatureCache, utterances: list[Utterance]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and inverse standard deviation of each bin over every tenth training utterance."""
    chosen = [u for u in utterances if u.split == "train" and u.utterance_id in cache.place]
    sample = np.concatenate([cache.log_mels(u.utterance_id) for u in chosen[::10] or chosen]).astype(np.float32)
    return sample.mean(axis=0), 1.0 / np.maximum(sample.std(axis=0), 1e-3)


def spoken_phones(aligned: np.ndarray, words: np.ndarray) -> list[int]:
    """Phones of each word, from the phone of every frame and [words, 2] first and end frames."""
    phones: list[int] = []
    for first, end in words.tolist():
        inside = aligned[first:end]
        changes = np.flatnonzero(np.diff(inside)) + 1
        phones += [phone for phone in inside[[0, *changes.tolist()]].tolist() if phone != PHONE_IDS["SIL"]]
    return phones


class TrainingBatches(IterableDataset):
    """Endless batches, from a position on."""

    def __init__(
        self, experiment: Experiment, utterances: list[Utterance], dictionary: Path, work: Path,
        mean: np.ndarray, inverse_stddev: np.ndarray, start: tuple[int, int, int],
    ) -> None:
        self._experiment = experiment
        self._utterances = [u for u in utterances if u.split == "train"] + read_spliced(work)
        self._work = work
        self._lexicon = Lexicon(dictionary)
        self._mean, self._inverse_stddev = mean, inverse_stddev
        self._start = start  # epoch, batch number, update
        self._caches: dict[str, FeatureCache] = {}
        self._alignments: dict[str, np.ndarray] = {}

    def _open(self) -> None:
        """Opens what is prepared by now; what comes later joins at the next epoch."""
        directory = self._work / "features"
        for name in [copy.name for copy in self._experiment.copies] + [SOURCE]:
            if name not in self._caches or len(self._caches[name].parts) < count_parts(directory, name):
                self._caches[name] = open_cache(directory, name, self._experiment.frontend.mel_bins)
        if not self._alignments:
            for path in (self._work / "alignments.npz", self._work / f"{SOURCE}-alignments.npz"):
                if path.exists():
                    with np.load(path) as archive:
                        self._alignments |= dict(archive)

    def _steps(self, copy: str, utterance: Utterance) -> int:
        frontend = self._experiment.frontend
        frames = self._caches[copy].frame_count[utterance.utterance_id]
        return (frames - frontend.stacked_frames) // frontend.stride_frames + 1

    def _draw_copy(self, utterance: Utterance, rng: np.random.Generator) -> str | None:
        """One of the copies that have the utterance."""
        if utterance.source == SOURCE:
            return SOURCE
        copies = [c for c in self._experiment.copies if utterance.utterance_id in self._caches[c.name].place]
        point = rng.random() * sum(copy.weight for copy in copies)
        for copy in copies:
            point -= copy.weight
            if point <= 0:
                return copy.name
        return None

    def plan_epoch(self, epoch: int, short_only: bool) -> list[list[tuple[str, Utterance]]]:
        """The epoch's batches: (copy, utterance) lists of similar length, in random order."""
        self._open()
        settings = self._experiment.train
        rng = np.random.default_rng([settings.seed, epoch])
        items: list[tuple[float, str, Utterance]] = []
        for utterance in self._utterances:
            weight = self._experiment.data.source_weight.get(utterance.source, 1.0)
            for _ in range(int(weight + rng.random())):
                copy = self._draw_copy(utterance, rng)
                if copy and not (short_only and utterance.seconds >= SHORT_SECONDS):
                    items.append((self._steps(copy, utterance) * rng.uniform(0.92, 1.08), copy, utterance))
        items.sort(key=lambda item: item[0])
        batches: list[list[tuple[str, Utterance]]] = [[]]
        longest = 0
        for _, copy, utterance in items:
            longest = max(longest, self._steps(copy, utterance))
            size = len(batches[-1]) + 1
            if size > settings.batch_utterances_max or size * longest > settings.batch_steps:
                batches.append([])
                longest = self._steps(copy, utterance)
            batches[-1].append((copy, utterance))
        rng.shuffle(batches)
        return batches

    def make_batch(self, epoch: int, number: int, items: list[tuple[str, Utterance]]) -> Batch:
        """Loads and augments one planned batch."""
        frontend = self._experiment.frontend
        rng = np.random.default_rng([self._experiment.train.seed, epoch, number, 1])
        inputs, phones, letters, pronunciations = [], [], [], []
        for copy, utterance in items:
            cache = self._caches[copy]
            log_mels = cache.log_mels(utterance.utterance_id).astype(np.float32)
            log_mels = augment(log_mels, self._experiment.augment, frontend.energy_floor, rng)
            log_mels = (log_mels - self._mean) * self._inverse_stddev
            log_mels = np.nan_to_num(log_mels)  # masked cells are NaN: they become the mean
            inputs.append(stack_frames(log_mels, frontend.stacked_frames, frontend.stride_frames))
            phones.append(self._step_phones(utterance, len(inputs[-1]), cache.speed[utterance.utterance_id]))
            letters.append(tokens.encode(utterance.text))
            pronunciations.append(self._pronunciation(utterance))
        steps = [len(x) for x in inputs]
        padded = np.zeros((max(steps), len(items), frontend.input_size), np.float32)
        padded_phones = np.full((max(steps), len(items)), IGNORED_PHONE, np.int64)
        for index, (x, y) in enumerate(zip(inputs, phones)):
            padded[: len(x), index] = x
            padded_phones[: len(y), index] = y
        return Batch(
            epoch, number, torch.from_numpy(padded), torch.tensor(steps), torch.from_numpy(padded_phones),
            torch.tensor(sum(letters, [])), torch.tensor([len(x) for x in letters]),
            torch.tensor(sum(pronunciations, [])), torch.tensor([len(x) for x in pronunciations]),
        )

    def _pronunciation(self, utterance: Utterance) -> list[int]:
        """The phones as aligned; by the dictionary where the alignment failed."""
        sequence = self._alignments.get(f"{utterance.utterance_id}/sequence")
        if sequence is not None:
            return sequence.tolist()
        aligned = self._alignments.get(f"{utterance.utterance_id}/phones")
        words = self._alignments.get(f"{utterance.utterance_id}/words")
        if aligned is not None and words is not None:
            return spoken_phones(aligned, words)
        return [PHONE_IDS[phone] for word in utterance.text.split() for phone in self._lexicon.pronunciations(word)[0]]

    def _step_phones(self, utterance: Utterance, steps: int, speed: float) -> np.ndarray:
        """Phone in the middle of each step; silence behind the end of the alignment."""
        aligned = self._alignments.get(f"{utterance.utterance_id}/phones")
        if aligned is None:
            return np.full(steps, IGNORED_PHONE, np.int64)
        frontend = self._experiment.frontend
        middle = np.arange(steps) * frontend.stride_frames + frontend.stacked_frames // 2
        frames = np.round(middle * speed).astype(np.int64)
        return np.where(frames < len(aligned), aligned[np.minimum(frames, len(aligned) - 1)], 0).astype(np.int64)

    def __iter__(self) -> Iterator[Batch]:
        epoch, number, update = self._start
        while True:
            short_only = update < self._experiment.train.short_first_updates
            batches = self.plan_epoch(epoch, short_only)
            while number < len(batches):
                yield self.make_batch(epoch, number, batches[number])
                number += 1
                update += 1
            epoch, number = epoch + 1, 0


def _free_worker(_: int) -> None:
    """The loader runs on any core, also where the trainer is pinned to one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    torch.set_num_threads(1)


def open_loader(batches: TrainingBatches) -> Iterator[Batch]:
    """Batches made ahead by a process of their own."""
    loader = DataLoader(
        batches, batch_size=None, num_workers=1, prefetch_factor=24, worker_init_fn=_free_worker,
        generator=torch.Generator(),  # else it draws from the one that dropout uses, and a resumed run differs
    )
    return iter(loader)
