"""Writes what decoding settings cost and bring, tab-separated, on the eval recordings of DATA/manifest.tsv; Linux, two cores.

python bench/decoding_table.py DATA BUILD/bin BUNDLE SETTING... >docs/decoding.tsv

A SETTING is letters, open:BEAM or words:BEAM. For each a server with one worker on core 0 hears all recordings of a source,
which oido-wer streams from core 1: word errors, and the server's CPU time, user and system, for a second of audio. Times of
the decoder alone, for a step of the model, are those of decoding_wer on core 0.
"""

import csv
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

SOURCES = ("librispeech-dev-clean", "speechocean762")
METHODS = {"letters": "letters", "open": "open-vocabulary", "words": "words"}
COLUMNS = ("source", "setting", "words", "WER_percent", "cpu_ms_per_audio_s", "p50_us", "p99_us")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_server(programs: Path, bundle: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    flags = ["--workers", "1", "--latency_target_ms", "0", "--admission_utilization", "0", "--log_level", "error"]
    command = ["taskset", "-c", "0", programs / "oido-server", "--listen", address, "--model", bundle, *flags]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL), address


def word_errors(programs: Path, address: str, manifest: Path, source: str, setting: str) -> dict[str, float]:
    method, _, beam = setting.partition(":")
    chosen = ["--split", "eval", "--source", source, "--jobs", "16", "--method", METHODS[method]]
    command = ["taskset", "-c", "1", programs / "oido-wer", "--server", address, "--manifest", manifest, "--json", *chosen]
    report = json.loads(subprocess.check_output(command + (["--beam-size", beam] if beam else [])))
    return {**report["all"], "audio_seconds": report["audio_seconds"]}


def decoder_times(programs: Path, bundle: str, data: Path, source: str, settings: list[str]) -> dict[str, dict[str, str]]:
    command = ["taskset", "-c", "0", programs / "decoding_wer", bundle, data, "eval", source, *settings]
    lines = subprocess.check_output(command, text=True).splitlines()
    return {row["setting"]: row for row in csv.DictReader(lines, delimiter="\t")}


def main(data: Path, programs: Path, bundle: str, settings: list[str]) -> None:
    print(*COLUMNS, sep="\t")
    server, address = start_server(programs, bundle)
    try:
        time.sleep(3)  # it measures what a stream costs before it listens
        for source in SOURCES:
            times = decoder_times(programs, bundle, data, source, settings)
            for setting in settings:
                before = cpu_seconds(server.pid)
                found = word_errors(programs, address, data / "manifest.tsv", source, setting)
                cost = 1000 * (cpu_seconds(server.pid) - before) / found["audio_seconds"]
                row = (source, setting, found["words"], f"{100 * found['wer']:.2f}", f"{cost:.2f}")
                print(*row, times[setting]["p50_us"], times[setting]["p99_us"], sep="\t", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
