"""Computes the log-mel caches: one file of float16 frames and one index for each copy of the audio."""

import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from oido_train import audio
from oido_train.bundle import FrontendSettings
from oido_train.config import CopySettings, Experiment
from oido_train.frontend import Frontend, open_frontend
from oido_train.manifest import Utterance

_frontend: Frontend | None = None  # one per worker process


@dataclass(frozen=True)
class FeatureCache:
    """All utterances of one copy: frames [total_frames, mel_bins] float16, memory-mapped."""

    frames: np.ndarray
    first_frame: dict[str, int]
    frame_count: dict[str, int]
    speed: dict[str, float]

    def log_mels(self, utterance_id: str) -> np.ndarray:
        first = self.first_frame[utterance_id]
        return self.frames[first : first + self.frame_count[utterance_id]]


def cache_paths(directory: Path, copy_name: str) -> tuple[Path, Path]:
    return directory / f"{copy_name}.f16", directory / f"{copy_name}.index.npz"


def open_cache(directory: Path, copy_name: str, mel_bins: int) -> FeatureCache:
    """Opens a cache that `prepare` wrote."""
    frames_path, index_path = cache_paths(directory, copy_name)
    index = np.load(index_path)
    ids = [str(name) for name in index["utterance_ids"]]
    counts = index["frame_counts"]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return FeatureCache(
        frames=np.memmap(frames_path, np.float16, "r").reshape(-1, mel_bins),
        first_frame=dict(zip(ids, starts.tolist())),
        frame_count=dict(zip(ids, counts.tolist())),
        speed=dict(zip(ids, index["speeds"].tolist())),
    )


def perturb(samples: np.ndarray, copy: CopySettings, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """The samples as this copy has them, and the speed that was drawn."""
    speed = float(rng.uniform(copy.speed_min, copy.speed_max))
    samples = audio.change_speed(samples, speed)
    if rng.random() < copy.reverberation_probability:
        samples = audio.reverberate(samples, rng)
    if rng.random() < copy.noise_probability:
        samples = audio.add_noise(samples, rng.uniform(copy.snr_min_db, copy.snr_max_db), rng)
    kind = rng.random()
    if kind < copy.telephone_probability:
        samples = audio.mu_law(audio.low_pass(samples, 3400.0))
    elif kind < copy.telephone_probability + copy.low_pass_probability:
        samples = audio.low_pass(samples, rng.uniform(3800.0, 6000.0))
    return samples, speed


def _start_worker(binary: Path | None, settings: FrontendSettings) -> None:
    global _frontend
    _frontend = open_frontend(binary, settings)


def _features(job: tuple[Utterance, tuple[CopySettings, ...], int]) -> list[tuple[np.ndarray, float]]:
    """Log-mels and speed of one utterance in each copy."""
    utterance, copies, padding_samples = job
    assert _frontend is not None
    original = audio.read_samples(utterance.path)
    results = []
    for copy in copies:
        seed = zlib.crc32(f"{copy.name}/{utterance.utterance_id}".encode())
        samples, speed = perturb(original, copy, np.random.default_rng(seed))
        samples = np.concatenate([samples, np.zeros(padding_samples, np.float32)])
        results.append((_frontend.log_mels(samples).astype(np.float16), speed))
    return results


def prepare(
    experiment: Experiment, utterances: list[Utterance], copies: tuple[CopySettings, ...],
    cache_dir: Path, binary: Path | None, jobs: int,
) -> None:
    """Writes the caches of `copies`; the index comes last, so a cache with one is whole."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    padding = experiment.data.flush_padding_ms * experiment.frontend.sample_rate_hz // 1000
    files = [open(cache_paths(cache_dir, copy.name)[0], "wb") for copy in copies]
    counts: list[list[int]] = [[] for _ in copies]
    speeds: list[list[float]] = [[] for _ in copies]
    with ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(binary, experiment.frontend)) as pool:
        work = ((utterance, copies, padding) for utterance in utterances)
        results = pool.map(_features, work, chunksize=8)
        for per_copy in tqdm(results, total=len(utterances), desc="prepare"):
            for index, (log_mels, speed) in enumerate(per_copy):
                files[index].write(log_mels.tobytes())
                counts[index].append(len(log_mels))
                speeds[index].append(speed)
    for index, copy in enumerate(copies):
        files[index].close()
        _, index_path = cache_paths(cache_dir, copy.name)
        partial = index_path.with_suffix(".partial.npz")
        np.savez(
            partial, utterance_ids=np.array([u.utterance_id for u in utterances]),
            frame_counts=np.array(counts[index], np.int64), speeds=np.array(speeds[index], np.float32),
        )
        partial.replace(index_path)
