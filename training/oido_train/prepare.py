"""Computes the log-mel caches: files of float16 frames with an index, for each copy of the audio."""

import zlib
from collections.abc import Iterable, Iterator
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
    """All utterances of one copy: frames [frames, mel_bins] float16, memory-mapped, in one or more parts."""

    parts: list[np.ndarray]
    place: dict[str, tuple[int, int]]  # part and first frame
    frame_count: dict[str, int]
    speed: dict[str, float]

    def log_mels(self, utterance_id: str) -> np.ndarray:
        part, first = self.place[utterance_id]
        return self.parts[part][first : first + self.frame_count[utterance_id]]


def cache_paths(directory: Path, copy_name: str, part: int = 0) -> tuple[Path, Path]:
    """Frames and index of one part of a copy."""
    stem = f"{copy_name}.{part}" if part else copy_name
    return directory / f"{stem}.f16", directory / f"{stem}.index.npz"


def count_parts(directory: Path, copy_name: str) -> int:
    """How many parts of a copy are whole."""
    part = 0
    while cache_paths(directory, copy_name, part)[1].exists():
        part += 1
    return part


def open_cache(directory: Path, copy_name: str, mel_bins: int) -> FeatureCache:
    """Opens a cache that `prepare` wrote; it may have no parts yet."""
    cache = FeatureCache([], {}, {}, {})
    for part in range(count_parts(directory, copy_name)):
        frames_path, index_path = cache_paths(directory, copy_name, part)
        cache.parts.append(np.memmap(frames_path, np.float16, "r").reshape(-1, mel_bins))
        with np.load(index_path) as index:
            ids = [str(name) for name in index["utterance_ids"]]
            counts = index["frame_counts"]
            starts = np.cumsum(counts) - counts
            cache.place.update((name, (part, int(first))) for name, first in zip(ids, starts))
            cache.frame_count.update(zip(ids, counts.tolist()))
            cache.speed.update(zip(ids, index["speeds"].tolist()))
    return cache


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


def _features(job: tuple[Utterance, CopySettings, int]) -> tuple[np.ndarray, float]:
    """Log-mels and speed of one utterance in one copy."""
    utterance, copy, padding_samples = job
    assert _frontend is not None
    seed = zlib.crc32(f"{copy.name}/{utterance.utterance_id}".encode())
    samples, speed = perturb(audio.read_samples(utterance.path), copy, np.random.default_rng(seed))
    samples = np.concatenate([samples, np.zeros(padding_samples, np.float32)])
    return _frontend.log_mels(samples).astype(np.float16), speed


def write_part(
    directory: Path, copy_name: str, part: int, frames: Iterable[np.ndarray], ids: list[str], speeds: list[float]
) -> None:
    """Writes one part of a copy; its index comes last, so a part with one is whole."""
    frames_path, index_path = cache_paths(directory, copy_name, part)
    counts: list[int] = []
    with open(frames_path, "wb") as file:
        for log_mels in frames:
            file.write(log_mels.astype(np.float16).tobytes())
            counts.append(len(log_mels))
    partial = index_path.with_suffix(".partial.npz")
    np.savez(
        partial, utterance_ids=np.array(ids), frame_counts=np.array(counts, np.int64),
        speeds=np.array(speeds, np.float32),
    )
    partial.replace(index_path)


def prepare(
    experiment: Experiment, utterances: list[Utterance], copies: tuple[CopySettings, ...],
    cache_dir: Path, binary: Path | None, jobs: int,
) -> None:
    """Adds to the cache of each copy a part with the utterances that it does not have yet."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    padding = experiment.data.flush_padding_ms * experiment.frontend.sample_rate_hz // 1000
    known = {copy.name: open_cache(cache_dir, copy.name, experiment.frontend.mel_bins).frame_count for copy in copies}
    for copy in copies:
        missing = [u for u in utterances if u.utterance_id not in known[copy.name]]
        if not missing:
            continue
        speeds: list[float] = []
        with ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(binary, experiment.frontend)) as pool:
            results = pool.map(_features, ((utterance, copy, padding) for utterance in missing), chunksize=8)

            def frames() -> Iterator[np.ndarray]:
                for log_mels, speed in tqdm(results, total=len(missing), desc=f"prepare {copy.name}"):
                    speeds.append(speed)
                    yield log_mels

            ids = [u.utterance_id for u in missing]
            write_part(cache_dir, copy.name, count_parts(cache_dir, copy.name), frames(), ids, speeds)
