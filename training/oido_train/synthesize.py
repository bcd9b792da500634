"""Makes a data folder of synthetic speech with any text-to-speech program that writes a sound file."""

import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from oido_train.manifest import COLUMNS

WORDS_MIN, WORDS_MAX = 4, 20


@dataclass(frozen=True)
class Synthesizer:
    """A command line in which {text}, {speaker} and {wav} are filled in; without {text}, the text is its input."""

    command: str
    source: str
    licence: str

    def speak(self, text: str, speaker: str, wav: Path) -> None:
        """Writes `wav`; raises CalledProcessError where the program fails."""
        words = [word.format(text=text, speaker=speaker, wav=wav) for word in shlex.split(self.command)]
        given = None if "{text}" in self.command else text + "\n"
        subprocess.run(words, input=given, text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def pick_sentences(text_path: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Random lines of a length that is spoken in one breath."""
    lines = [" ".join(line.split()) for line in text_path.read_text(encoding="utf-8").splitlines()]
    fitting = [line for line in lines if WORDS_MIN <= len(line.split()) <= WORDS_MAX]
    return [fitting[index] for index in rng.permutation(len(fitting))[:count].tolist()]


def _row(synthesizer: Synthesizer, name: str, text: str, speaker: str, out: Path) -> str:
    """Speaks one sentence into OUT/NAME.flac; its line of the manifest."""
    wav = out / f"{name}.wav"
    synthesizer.speak(text, speaker, wav)
    samples, rate_hz = soundfile.read(wav, dtype="int16")
    wav.unlink()
    soundfile.write(out / f"{name}.flac", samples, rate_hz)
    seconds = f"{len(samples) / rate_hz:.2f}"
    values = (name, f"{name}.flac", seconds, f"{synthesizer.source}-{speaker}", "", synthesizer.source, "train", text,
              synthesizer.licence)
    return "\t".join(values) + "\n"


def synthesize(
    synthesizer: Synthesizer, text_path: Path, speakers: list[str], count: int, seed: int, jobs: int, out: Path
) -> None:
    """Fills OUT with `count` sentences by random speakers; sentences that are there already stay."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    sentences = pick_sentences(text_path, count, rng)
    chosen = [speakers[index] for index in rng.integers(len(speakers), size=len(sentences)).tolist()]
    manifest = out / "manifest.tsv"
    if not manifest.exists():
        manifest.write_text("\t".join(COLUMNS) + "\n", encoding="utf-8")
    known = {line.split("\t")[0] for line in manifest.read_text(encoding="utf-8").splitlines()}
    names = [f"{synthesizer.source}-{seed}-{index:06d}" for index in range(len(sentences))]
    missing = [index for index, name in enumerate(names) if name not in known]
    with ThreadPoolExecutor(jobs) as pool, open(manifest, "a", encoding="utf-8") as file:
        rows = pool.map(lambda i: _row(synthesizer, names[i], sentences[i], chosen[i], out), missing)
        for row in tqdm(rows, total=len(missing), desc=synthesizer.source):
            file.write(row)
            file.flush()
