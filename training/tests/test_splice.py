"""Spliced sentences are made of the right phones, from one voice, with frames and phones in step."""

import numpy as np

from oido_train.prepare import FeatureCache
from oido_train.splice import SILENCE, Voice, splice


def recording(phones: list[int], frames_per_phone: int = 5) -> np.ndarray:
    return np.repeat(np.array(phones, np.uint8), frames_per_phone)


def voice_and_cache() -> tuple[Voice, FeatureCache]:
    """Two recordings whose log-mels repeat the phone of the frame."""
    voice = Voice()
    recordings = {"one": recording([SILENCE, 3, 4, 5, SILENCE]), "two": recording([SILENCE, 6, 4, 7, SILENCE])}
    for name, frames in recordings.items():
        voice.add(name, frames)
    voice.index()
    frames = np.concatenate(list(recordings.values()))[:, None].astype(np.float16)
    counts = {name: len(x) for name, x in recordings.items()}
    cache = FeatureCache([frames], {"one": (0, 0), "two": (0, 25)}, counts, {"one": 1.0, "two": 1.0})
    return voice, cache


def test_spliced_frames_follow_the_wanted_phones() -> None:
    voice, cache = voice_and_cache()
    wanted = [SILENCE, 3, 4, 7, 6, 5, SILENCE]
    made = splice(wanted, voice, cache, np.random.default_rng(0))
    assert made is not None
    log_mels, phones = made
    np.testing.assert_array_equal(log_mels[:, 0], phones)
    np.testing.assert_array_equal(phones, recording(wanted))


def test_a_voice_without_the_phone_gives_up() -> None:
    voice, cache = voice_and_cache()
    assert splice([SILENCE, 9, SILENCE], voice, cache, np.random.default_rng(0)) is None


def test_runs_do_not_cross_from_one_recording_into_the_next() -> None:
    voice, _ = voice_and_cache()
    place, run = voice.find([5, SILENCE, SILENCE, 6], np.random.default_rng(0)) or (0, 0)
    assert voice.phones[place] == 5
    assert run == 2
