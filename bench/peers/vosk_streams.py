"""Vosk's small English model on an eval manifest: word errors, CPU time, and how many paced streams a core holds.

    bench/peers/setup-venv
    ~/.cache/oido/venv-peers/bin/python bench/peers/vosk_streams.py --data ../shared/data --core 1 --json vosk.json

One thread on one core. CPU time is of whole recordings in chunks. Streams are paced: a chunk of each is due every
`--chunk-ms`, phases spread evenly; the chunk due longest goes next, and its lateness is from due to done. A core holds
the largest number of streams whose 99th percentile stays within `--slo-ms`. There is no network in it: a server of these
streams would hold fewer. Compare `oido-load --find-max` on the same core and recordings.
"""

import argparse
import csv
import heapq
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import report
import soundfile
import vosk

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from oido_train.scoring import ErrorCount, count_errors  # noqa: E402

CACHE = Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "oido"


@dataclass
class Recording:
    """16-bit samples at 16 kHz, and what is said."""

    source: str
    samples: bytes
    text: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / 32000


def read_recordings(data: Path, split: str, limit: int) -> list[Recording]:
    """At most `limit` of each source, evenly spread."""
    with open(data / "manifest.tsv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["split"] == split]
    recordings = []
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        count = min(limit, len(own)) if limit else len(own)
        for row in (own[index * len(own) // count] for index in range(count)):
            samples, rate = soundfile.read(data / row["path"], dtype="int16")
            if rate != 16000 or samples.ndim != 1:
                raise SystemExit(f"{row['path']}: {rate} Hz, {samples.ndim} dimensions; 16 kHz mono is needed")
            recordings.append(Recording(source, samples.tobytes(), " ".join(row["text"].split())))
    return recordings


def transcribe(model: vosk.Model, recording: Recording, chunk_bytes: int) -> str:
    """All finals of one recording."""
    recognizer = vosk.KaldiRecognizer(model, 16000)
    texts = []
    for begin in range(0, len(recording.samples), chunk_bytes):
        if recognizer.AcceptWaveform(recording.samples[begin : begin + chunk_bytes]):
            texts.append(json.loads(recognizer.Result())["text"])
        else:
            recognizer.PartialResult()
    texts.append(json.loads(recognizer.FinalResult())["text"])
    return " ".join(text for text in texts if text)


class PacedStream:
    """One speaker after another, without end."""

    def __init__(self, model: vosk.Model, recordings: list[Recording], first: int, chunk_bytes: int) -> None:
        self._model, self._recordings, self._next, self._chunk_bytes = model, recordings, first, chunk_bytes
        self._open()

    def _open(self) -> None:
        self._samples = self._recordings[self._next % len(self._recordings)].samples
        self._next += 1
        self._at = 0
        self._recognizer = vosk.KaldiRecognizer(self._model, 16000)

    def chunk(self) -> None:
        """The next chunk, with the partial or final that a client would get."""
        chunk = self._samples[self._at : self._at + self._chunk_bytes]
        self._at += self._chunk_bytes
        done = self._recognizer.AcceptWaveform(chunk)
        self._recognizer.Result() if done else self._recognizer.PartialResult()
        if self._at >= len(self._samples):
            self._recognizer.FinalResult()
            self._open()


def lateness_ms(
    model: vosk.Model, recordings: list[Recording], streams: int, chunk_ms: int, seconds: float, limit_ms: float
) -> float:
    """99th percentile; stops early once the core is hopelessly behind."""
    running = [PacedStream(model, recordings, 7 * index, 32 * chunk_ms) for index in range(streams)]
    period = chunk_ms / 1000
    start = time.monotonic() + 0.1
    due = [(start + period * index / streams, index) for index in range(streams)]
    heapq.heapify(due)
    late: list[float] = []
    while due[0][0] < start + seconds:
        at, index = heapq.heappop(due)
        time.sleep(max(0.0, at - time.monotonic()))
        running[index].chunk()
        late.append((time.monotonic() - at) * 1000)
        if late[-1] > 20 * limit_ms:
            return late[-1]
        heapq.heappush(due, (at + period, index))
    return float(np.percentile(late, 99))


def find_streams(
    model: vosk.Model, recordings: list[Recording], chunk_ms: int, seconds: float, slo_ms: float
) -> tuple[int, dict[int, float]]:
    """The largest number that holds, and the percentile of each number tried."""
    tried: dict[int, float] = {}

    def holds(streams: int) -> bool:
        if streams not in tried:
            tried[streams] = lateness_ms(model, recordings, streams, chunk_ms, seconds, slo_ms)
            print(f"{streams} streams: p99 {tried[streams]:.0f} ms", file=sys.stderr, flush=True)
        return tried[streams] <= slo_ms

    good, bad = 0, 1
    while holds(bad):
        good, bad = bad, 2 * bad
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return good, tried


@dataclass
class Words:
    """Of one source."""

    errors: ErrorCount = field(default_factory=ErrorCount)
    cpu_seconds: float = 0.0
    audio_seconds: float = 0.0


def measure_words(model: vosk.Model, recordings: list[Recording], chunk_bytes: int) -> dict[str, Words]:
    """Each recording by itself, as fast as it goes."""
    table: dict[str, Words] = {}
    for recording in recordings:
        words = table.setdefault(recording.source, Words())
        start = time.process_time()
        text = transcribe(model, recording, chunk_bytes)
        words.cpu_seconds += time.process_time() - start
        words.audio_seconds += recording.seconds
        words.errors.add(count_errors(recording.text.split(), text.split()))
    return table


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of manifest.tsv")
    parser.add_argument("--split", default="eval")
    parser.add_argument("--limit", type=int, default=0, help="recordings of each source; 0: all")
    parser.add_argument("--model", type=Path, default=CACHE / "vosk-model-small-en")
    parser.add_argument("--chunk-ms", type=int, default=100)
    parser.add_argument("--slo-ms", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each number of streams")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report.use_one_core(options.core)
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(options.model))
    recordings = read_recordings(options.data, options.split, options.limit)
    table = measure_words(model, recordings, 32 * options.chunk_ms)
    streams, tried = find_streams(model, recordings, options.chunk_ms, options.seconds, options.slo_ms)
    cpu = {source: words.cpu_seconds / words.audio_seconds for source, words in table.items()}
    print("Vosk, small English model, one core\n")
    report.print_table(["recordings", "audio, s", "WER", "CPU s per audio s"], [
        [source, f"{words.audio_seconds:.0f}", f"{words.errors.rate:.1%}", f"{cpu[source]:.3f}"]
        for source, words in sorted(table.items())
    ])
    print(f"\nPaced streams with p99 <= {options.slo_ms:.0f} ms ({options.chunk_ms} ms chunks): {streams}")
    report.write_json(options.json, {
        "machine": report.machine(["vosk"]), "streams": streams, "p99_ms_by_streams": tried,
        "wer": {source: words.errors.rate for source, words in table.items()}, "cpu_per_audio_second": cpu,
    })


if __name__ == "__main__":
    main()
