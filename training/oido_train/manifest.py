"""Reads the speech manifest and splits it, by speaker, into train, dev and eval."""

import csv
from dataclasses import dataclass
from pathlib import Path


COLUMNS = ("utt_id", "path", "seconds", "speaker", "sex", "source", "split", "text", "licence")


@dataclass(frozen=True)
class Utterance:
    """One recorded sentence with its text."""

    utterance_id: str
    path: Path
    seconds: float
    speaker: str
    source: str
    split: str  # "train", "dev" (held-back training speakers) or "eval"
    text: str  # lower case, a-z, apostrophe and single spaces


def _dev_speakers(speakers_by_source: dict[str, list[str]], per_source: dict[str, int]) -> set[str]:
    """Takes the last speakers of each source in the order of their names."""
    chosen: set[str] = set()
    for source, count in per_source.items():
        chosen.update(sorted(speakers_by_source.get(source, []))[-count:] if count else [])
    return chosen


def read_manifest(data_dirs: list[Path], dev_speakers_per_source: dict[str, int]) -> list[Utterance]:
    """Reads DATA/manifest.tsv of each folder; some training speakers become the dev split."""
    rows: list[tuple[Path, dict[str, str]]] = []
    for data_dir in data_dirs:
        with open(data_dir / "manifest.tsv", encoding="utf-8", newline="") as file:
            rows += [(data_dir, row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    speakers: dict[str, list[str]] = {}
    for _, row in rows:
        if row["split"] == "train" and row["speaker"] not in speakers.setdefault(row["source"], []):
            speakers[row["source"]].append(row["speaker"])
    dev = _dev_speakers(speakers, dev_speakers_per_source)
    return [
        Utterance(
            utterance_id=row["utt_id"],
            path=data_dir / row["path"],
            seconds=float(row["seconds"]),
            speaker=row["speaker"],
            source=row["source"],
            split="dev" if row["split"] == "train" and row["speaker"] in dev else row["split"],
            text=" ".join(row["text"].split()),
        )
        for data_dir, row in rows
    ]
