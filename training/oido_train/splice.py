"""New sentences from old speech: phone runs of one speaker, joined as log-mels to say a line of any text.

Hours of transcribed speech hold few different words; a letter model then hears well and spells badly.
Spliced utterances sound rough, but teach the upper layers how phones are spelled in many more words.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from oido_train.bundle import FrontendSettings
from oido_train.config import Experiment
from oido_train.lexicon import PHONE_IDS, Lexicon
from oido_train.manifest import Utterance
from oido_train.prepare import FeatureCache, open_cache, write_part

SOURCE = "spliced"  # source of the utterances, and name of their feature cache
SILENCE = PHONE_IDS["SIL"]
LONGEST_RUN = 12  # phones of one recording in a row
LONGEST_PAUSE_FRAMES = 40
WORDS_MIN, WORDS_MAX = 4, 14
CANDIDATES = 16  # places looked at for each run


@dataclass(frozen=True)
class Piece:
    """One phone in a recording."""

    utterance_id: str
    first: int  # 10 ms frames of the original recording
    end: int


class Voice:
    """Every phone that one speaker said, in order, with an index of neighbours."""

    def __init__(self) -> None:
        self.phones: list[int] = []
        self.pieces: list[Piece | None] = []  # None parts two recordings
        self._places: dict[tuple[int, ...], list[int]] = defaultdict(list)

    def add(self, utterance_id: str, frames: np.ndarray) -> None:
        """Takes in a recording by the phone of each of its frames."""
        borders = np.flatnonzero(np.diff(frames)) + 1
        for first, end in zip([0, *borders.tolist()], [*borders.tolist(), len(frames)]):
            self.phones.append(int(frames[first]))
            self.pieces.append(Piece(utterance_id, first, end))
        self.phones.append(-1)
        self.pieces.append(None)

    def index(self) -> None:
        for place in range(len(self.phones)):
            for length in (1, 2, 3):
                self._places[tuple(self.phones[place : place + length])].append(place)

    def find(self, wanted: list[int], rng: np.random.Generator) -> tuple[int, int] | None:
        """Place and length of a long run that begins `wanted`."""
        for length in (3, 2, 1):
            places = self._places.get(tuple(wanted[:length])) if len(wanted) >= length else None
            if places:
                break
        else:
            return None
        best = (0, 0)
        for place in rng.choice(places, min(CANDIDATES, len(places)), replace=False).tolist():
            run = 0
            while run < min(LONGEST_RUN, len(wanted)) and self.phones[place + run] == wanted[run]:
                run += 1
            best = max(best, (run, place))
        return best[1], best[0]


def spell_out(text: str, lexicon: Lexicon, rng: np.random.Generator) -> list[int]:
    """Phones of a sentence, silence around it and now and then within."""
    phones = [SILENCE]
    for word in text.split():
        known = lexicon.pronunciations(word)
        chosen = known[0] if rng.random() < 0.7 else known[rng.integers(len(known))]
        phones += [PHONE_IDS[phone] for phone in chosen]
        if rng.random() < 0.04:
            phones.append(SILENCE)
    return phones if phones[-1] == SILENCE else [*phones, SILENCE]


def splice(
    wanted: list[int], voice: Voice, cache: FeatureCache, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Log-mels and the phone of each frame; None where the voice lacks a phone."""
    parts, phones, position = [], [], 0
    while position < len(wanted):
        found = voice.find(wanted[position:], rng)
        if found is None:
            return None
        place, run = found
        if run > 2 and position + run < len(wanted):
            run -= 1  # the next run says this phone, with the right neighbour before the joint
        for offset in range(run):
            piece = voice.pieces[place + offset]
            assert piece is not None
            speed = cache.speed[piece.utterance_id]
            first, end = round(piece.first / speed), round(piece.end / speed)
            if voice.phones[place + offset] == SILENCE:
                end = min(end, first + LONGEST_PAUSE_FRAMES)
            frames = cache.log_mels(piece.utterance_id)[first:end]
            parts.append(frames)
            phones.append(np.full(len(frames), wanted[position + offset], np.uint8))
        position += run
    return np.concatenate(parts), np.concatenate(phones)


def read_spliced(work: Path) -> list[Utterance]:
    """The utterances that `make_spliced` wrote, if any."""
    table = work / f"{SOURCE}.tsv"
    if not table.exists():
        return []
    rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    return [Utterance(i, Path(), float(seconds), speaker, SOURCE, "train", text) for i, seconds, speaker, text in rows]


def _voices(utterances: list[Utterance], alignments: dict[str, np.ndarray], sources: list[str]) -> dict[str, Voice]:
    voices: dict[str, Voice] = {}
    for utterance in utterances:
        frames = alignments.get(f"{utterance.utterance_id}/phones")
        if utterance.split == "train" and utterance.source in sources and frames is not None:
            voices.setdefault(utterance.speaker, Voice()).add(utterance.utterance_id, frames)
    for voice in voices.values():
        voice.index()
    return voices


def _lines(text_path: Path, lexicon: Lexicon, count: int, rng: np.random.Generator) -> list[str]:
    """Randomly picked lines of which every word is in the dictionary."""
    lines = text_path.read_text(encoding="utf-8").splitlines()
    chosen: list[str] = []
    for index in rng.permutation(len(lines)).tolist():
        words = lines[index].split()
        if WORDS_MIN <= len(words) <= WORDS_MAX and all(lexicon.knows(word) for word in words):
            chosen.append(" ".join(words))
            if len(chosen) == count:
                break
    return chosen


def make_spliced(experiment: Experiment, utterances: list[Utterance], work: Path, dictionary: Path, text_path: Path) -> None:
    """Writes the feature cache, alignments and table of the spliced utterances."""
    frontend: FrontendSettings = experiment.frontend
    rng = np.random.default_rng(experiment.train.seed)
    lexicon = Lexicon(dictionary)
    with np.load(work / "alignments.npz") as archive:
        alignments = {name: archive[name] for name in archive.files if name.endswith("/phones")}
    voices = _voices(utterances, alignments, experiment.data.splice_sources)
    caches = [open_cache(work / "features", name, frontend.mel_bins) for name in experiment.data.splice_copies]
    padding_frames = experiment.data.flush_padding_ms // frontend.hop_ms
    padding = np.full((padding_frames, frontend.mel_bins), math.log(frontend.energy_floor), np.float16)
    names = sorted(voices)
    table: list[str] = []
    ids: list[str] = []
    speeds: list[float] = []
    made_alignments: dict[str, np.ndarray] = {}

    def frames() -> Iterator[np.ndarray]:
        for text in tqdm(_lines(text_path, lexicon, experiment.data.spliced_utterances, rng), desc="splice"):
            speaker = names[rng.integers(len(names))]
            cache = caches[rng.integers(len(caches))]
            wanted = spell_out(text, lexicon, rng)
            made = splice(wanted, voices[speaker], cache, rng)
            if made is None:
                continue
            utterance_id = f"{SOURCE}-{len(table):06d}"
            ids.append(utterance_id)
            speeds.append(1.0)
            made_alignments[f"{utterance_id}/phones"] = made[1]
            made_alignments[f"{utterance_id}/sequence"] = np.array([p for p in wanted if p != SILENCE], np.uint8)
            seconds = (len(made[0]) + padding_frames) * frontend.hop_ms / 1000
            table.append(f"{utterance_id}\t{seconds:.2f}\t{speaker}\t{text}\n")
            yield np.concatenate([made[0], padding])

    write_part(work / "features", SOURCE, 0, frames(), ids, speeds)
    np.savez_compressed(work / f"{SOURCE}-alignments.npz", **made_alignments)
    (work / f"{SOURCE}.tsv").write_text("".join(table), encoding="utf-8")
    hours = sum(float(row.split("\t")[1]) for row in table) / 3600
    print(f"{len(table)} utterances, {hours:.1f} h, {len(voices)} voices")
