"""LiveKit's plugin for Riva as it is, hearing a WAV file: prints what comes as JSON.

Arguments: ADDRESS FILE.
"""

import asyncio
import json
import sys
import wave

from livekit import rtc
from livekit.agents import stt
from livekit.plugins import nvidia

FRAME_SECONDS = 0.05


async def main(address: str, path: str) -> None:
    with wave.open(path, "rb") as file:
        rate_hz = file.getframerate()
        samples = file.readframes(file.getnframes())
    service = nvidia.STT(server=address, use_ssl=False, sample_rate=rate_hz)
    finals, words, interims = [], [], 0
    async with service.stream() as stream:
        size = 2 * int(rate_hz * FRAME_SECONDS)
        for start in range(0, len(samples), size):
            piece = samples[start : start + size]
            stream.push_frame(rtc.AudioFrame(piece, rate_hz, 1, len(piece) // 2))
        stream.end_input()
        async for event in stream:
            if event.type == stt.SpeechEventType.INTERIM_TRANSCRIPT:
                interims += 1
            if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
                best = event.alternatives[0]
                finals.append(best.text)
                words += [[word.start_time / 1000, word.end_time / 1000] for word in best.words]
    print(json.dumps({"finals": finals, "words": words, "interims": interims}))


asyncio.run(main(*sys.argv[1:]))
