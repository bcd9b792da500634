"""Writes degraded copies of a split as FLAC with a manifest: what noise and telephone lines cost a recogniser."""

import csv
import zlib
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from oido_train import audio
from oido_train.manifest import COLUMNS, Utterance

def degraded(samples: np.ndarray, snr_db: float | None, telephone: bool, rng: np.random.Generator) -> np.ndarray:
    """Coloured noise at `snr_db`, then a telephone line: 8 kHz sample rate and G.711 mu-law."""
    if snr_db is not None:
        samples = audio.add_noise(samples, snr_db, rng)
    if telephone:
        samples = audio.telephone_line(samples)
    return samples


def degrade(utterances: list[Utterance], snr_db: float | None, telephone: bool, out: Path) -> None:
    """Writes OUT/manifest.tsv and one FLAC file per utterance; the same noise at every call."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "manifest.tsv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
        table.writerow(COLUMNS)
        for utterance in tqdm(utterances, desc=out.name):
            rng = np.random.default_rng(zlib.crc32(utterance.utterance_id.encode()))
            samples = degraded(audio.read_samples(utterance.path), snr_db, telephone, rng)
            name = utterance.utterance_id.replace("/", "_") + ".flac"
            scaled = np.clip(samples / audio.INT16_SCALE, -1.0, 1.0)
            soundfile.write(out / name, scaled, audio.SAMPLE_RATE_HZ, subtype="PCM_16")
            table.writerow((
                utterance.utterance_id, name, f"{len(samples) / audio.SAMPLE_RATE_HZ:.2f}", utterance.speaker, "",
                utterance.source, utterance.split, utterance.text, "",
            ))
