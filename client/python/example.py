"""Streams a WAV file to an oido-server and prints what it understands, while it does.

Stubs: python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. oido/v1/speech.proto
Run:   PYTHONPATH=. python client/python/example.py 127.0.0.1:50051 FILE.wav
"""

import sys
from collections.abc import Iterator

import grpc
from oido.v1 import speech_pb2 as pb
from oido.v1.speech_pb2_grpc import SpeechRecognizerStub


def requests(path: str) -> Iterator[pb.StreamingRecognizeRequest]:
    config = pb.StreamingRecognitionConfig(interim_results=True)  # the WAV header says the rest
    yield pb.StreamingRecognizeRequest(streaming_config=config)
    with open(path, "rb") as audio:
        while chunk := audio.read(3200):  # 100 ms of 16 kHz audio; any size will do
            yield pb.StreamingRecognizeRequest(audio_content=chunk)


def main(address: str, path: str) -> None:
    with grpc.insecure_channel(address) as channel:
        for response in SpeechRecognizerStub(channel).StreamingRecognize(requests(path)):
            so_far = ""
            for result in response.results:
                if result.is_final:
                    print("final: ", result.alternatives[0].transcript, flush=True)
                else:
                    so_far += result.alternatives[0].transcript
            if so_far:
                print("so far:", so_far, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
