"""Pipecat's Riva service as it is, in a pipeline that hears a WAV file: prints what comes as JSON.

Arguments: ADDRESS FILE.
"""

import asyncio
import json
import sys
import wave

from pipecat.frames.frames import ErrorFrame, InputAudioRawFrame, InterimTranscriptionFrame, TranscriptionFrame
from pipecat.pipeline.worker import PipelineParams
from pipecat.services.nvidia.stt import NvidiaSTTService
from pipecat.tests.utils import SleepFrame, run_test

FRAME_SECONDS = 0.02
SILENCE_SECONDS = 2  # a pause, as a person makes one: it ends the last utterance


def frames(path: str) -> tuple[int, list[object]]:
    with wave.open(path, "rb") as file:
        rate_hz = file.getframerate()
        samples = file.readframes(file.getnframes()) + bytes(2 * SILENCE_SECONDS * rate_hz)
    size = 2 * int(rate_hz * FRAME_SECONDS)
    heard: list[object] = []
    for start in range(0, len(samples), size):
        heard.append(InputAudioRawFrame(samples[start : start + size], rate_hz, 1))
        heard.append(SleepFrame(FRAME_SECONDS / 4))  # four times as fast as it was spoken
    return rate_hz, [*heard, SleepFrame(2)]


async def main(address: str, path: str) -> None:
    rate_hz, heard = frames(path)
    settings = NvidiaSTTService.Settings(word_time_offsets=True)
    service = NvidiaSTTService(server=address, use_ssl=False, sample_rate=rate_hz, settings=settings)
    parameters = PipelineParams(audio_in_sample_rate=rate_hz)
    down, up = await run_test(service, frames_to_send=heard, pipeline_params=parameters)
    errors = [frame.error for frame in [*down, *up] if isinstance(frame, ErrorFrame)]
    if errors:
        sys.exit(f"error frames: {errors}")
    finals = [frame for frame in down if isinstance(frame, TranscriptionFrame)]
    words = [word for frame in finals for word in frame.result.alternatives[0].words]
    print(json.dumps({
        "finals": [frame.text for frame in finals],
        "words": [[word.start_time / 1000, word.end_time / 1000] for word in words],
        "interims": sum(isinstance(frame, InterimTranscriptionFrame) for frame in down),
    }))


asyncio.run(main(*sys.argv[1:]))
