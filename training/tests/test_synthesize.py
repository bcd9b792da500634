"""Synthetic speech becomes a data folder that the manifest reader takes, and a second call adds only what is new."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from oido_train.manifest import read_manifest
from oido_train.synthesize import Synthesizer, pick_sentences, synthesize

TEXT = "one two three four\ntoo short\nfive six seven eight nine\nten eleven twelve thirteen\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that "speaks" by copying a sound, and logs what it was asked to say."""
    soundfile.write(tmp_path / "beep.wav", np.zeros(8000, np.int16), 16000)
    script = tmp_path / "speak"
    script.write_text(f'#!/bin/sh\necho "$2: $(cat)" >> {tmp_path}/said\ncp {tmp_path}/beep.wav "$1"\n')
    script.chmod(0o755)
    return script


def test_folder_holds_each_sentence_once(tmp_path: Path, program: Path) -> None:
    (tmp_path / "text").write_text(TEXT)
    synthesizer = Synthesizer(f"{program} {{wav}} {{speaker}}", "beeps", "CC0")
    synthesize(synthesizer, tmp_path / "text", ["ann", "bob"], 2, seed=1, jobs=1, out=tmp_path / "out")
    synthesize(synthesizer, tmp_path / "text", ["ann", "bob"], 3, seed=1, jobs=1, out=tmp_path / "out")
    utterances = read_manifest([tmp_path / "out"], {})
    assert sorted(u.text for u in utterances) == sorted(line for line in TEXT.splitlines() if line != "too short")
    assert all(u.path.exists() and u.seconds == 0.5 and u.split == "train" for u in utterances)
    said = (tmp_path / "said").read_text().splitlines()
    assert len(said) == 3
    assert {line.split(": ")[1] for line in said} == {u.text for u in utterances}


def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(TEXT)
    with pytest.raises(Exception, match="false"):
        synthesize(Synthesizer("false", "beeps", "CC0"), tmp_path / "text", ["ann"], 1, seed=1, jobs=1, out=tmp_path / "out")


def test_sentences_are_picked_by_length(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(TEXT)
    assert len(pick_sentences(tmp_path / "text", 10, np.random.default_rng(0))) == 3
