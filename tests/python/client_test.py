"""A client in another language against the real server: stream, status, reflection, health.

Run by CTest through tests/python/run; arguments: --server BINARY --wav FILE [--model DIR].
"""

import argparse
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import wave
from collections.abc import Iterator
from typing import Any

import grpc
import grpc_tools
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_tools import protoc

from server_process import ServerTestCase

ROOT = pathlib.Path(__file__).resolve().parents[2]
pb: Any  # the generated modules, imported by main()
pb_grpc: Any
stubs: str
wav: pathlib.Path


def generate_stubs(folder: str) -> None:
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    code = protoc.main([
        "protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={folder}",
        f"--grpc_python_out={folder}", "oido/v1/speech.proto",
    ])
    assert code == 0, f"protoc failed with {code}"


def seconds(duration: Duration) -> float:
    return duration.seconds + duration.nanos / 1e9


def samples() -> tuple[bytes, int]:
    """The recording without its header, and its rate."""
    with wave.open(str(wav), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.readframes(file.getnframes()), file.getframerate()


def streaming_config(rate: int) -> Any:
    return pb.StreamingRecognitionConfig(
        config=pb.RecognitionConfig(
            encoding=pb.LINEAR16, sample_rate_hertz=rate,
            enable_word_time_offsets=True, enable_word_confidence=True,
        ),
        interim_results=True, request_id="python",
    )


def requests(config: Any, audio: bytes, chunk_bytes: int) -> Iterator[Any]:
    yield pb.StreamingRecognizeRequest(streaming_config=config)
    for start in range(0, len(audio), chunk_bytes):
        yield pb.StreamingRecognizeRequest(audio_content=audio[start : start + chunk_bytes])


class PythonClientTest(ServerTestCase):
    def setUp(self) -> None:
        # A proxy of the environment has no business on the loopback interface.
        self.channel = grpc.insecure_channel(self.server.address, [("grpc.enable_http_proxy", 0)])
        self.stub = pb_grpc.SpeechRecognizerStub(self.channel)
        self.addCleanup(self.channel.close)

    def stream(self, chunk_ms: int) -> list[Any]:
        audio, rate = samples()
        chunk_bytes = 2 * rate * chunk_ms // 1000
        return list(self.stub.StreamingRecognize(requests(streaming_config(rate), audio, chunk_bytes)))

    def finals(self, responses: list[Any]) -> list[Any]:
        return [result for response in responses for result in response.results if result.is_final]

    def test_partials_come_before_finals_and_in_the_promised_order(self) -> None:
        responses = self.stream(chunk_ms=100)
        kinds = [result.is_final for response in responses for result in response.results]
        self.assertIn(True, kinds)
        self.assertFalse(kinds[0], "the first result of several seconds of speech is interim")
        for response in responses:
            self.assertEqual(response.request_id, "python")
            finals = [result.is_final for result in response.results]
            self.assertNotIn(True, finals[1:])
            for result in response.results:
                self.assertTrue(result.alternatives)
                self.assertTrue(result.is_final or 0 < result.stability < 1)
                self.assertGreaterEqual(seconds(response.audio_received), seconds(result.result_end_time))
        processed = [seconds(response.audio_processed) for response in responses]
        self.assertEqual(processed, sorted(processed))

    def test_words_are_those_of_the_text_and_their_times_go_on(self) -> None:
        audio, rate = samples()
        last = 0.0
        finals = self.finals(self.stream(chunk_ms=100))
        for number, final in enumerate(finals):
            best = final.alternatives[0]
            self.assertEqual(best.transcript.startswith(" "), number > 0)
            self.assertEqual(best.transcript.split(), [word.word for word in best.words])
            self.assertTrue(0 < best.confidence <= 1, best.confidence)
            for word in best.words:
                self.assertLessEqual(last, seconds(word.start_time))
                self.assertLessEqual(seconds(word.start_time), seconds(word.end_time))
                self.assertTrue(0 < word.confidence <= 1, word.confidence)
                last = seconds(word.end_time)
            self.assertLessEqual(last, seconds(final.result_end_time))
        self.assertGreater(last, 0)
        self.assertLessEqual(last, len(audio) / 2 / rate)

    def test_one_whole_recording_gives_the_text_of_its_stream(self) -> None:
        streamed = "".join(final.alternatives[0].transcript for final in self.finals(self.stream(chunk_ms=20)))
        models = self.stub.ListModels(pb.ListModelsRequest()).models
        streaming = next(model.name for model in models if not model.offline)
        # A whole file with its header, where the stream had samples and a rate.
        config = pb.RecognitionConfig(model=streaming)
        answer = self.stub.Recognize(pb.RecognizeRequest(config=config, audio_content=wav.read_bytes()))
        self.assertEqual("".join(result.alternatives[0].transcript for result in answer.results), streamed)

    def test_controls_finalise_and_mark(self) -> None:
        audio, rate = samples()
        half = len(audio) // 4 * 2

        def controlled() -> Iterator[Any]:
            yield pb.StreamingRecognizeRequest(streaming_config=streaming_config(rate))
            yield pb.StreamingRecognizeRequest(audio_content=audio[:half])
            finalize = pb.StreamControl(finalize=pb.StreamControl.Finalize())
            yield pb.StreamingRecognizeRequest(control=finalize)
            marker = pb.StreamControl(marker=pb.StreamControl.Marker(id="half"))
            yield pb.StreamingRecognizeRequest(control=marker)
            yield pb.StreamingRecognizeRequest(audio_content=audio[half:])

        responses = list(self.stub.StreamingRecognize(controlled()))
        self.assertEqual([marker for response in responses for marker in response.markers], ["half"])
        finals = self.finals(responses)
        self.assertGreaterEqual(len(finals), 2)
        ends = [seconds(final.result_end_time) for final in finals]
        self.assertEqual(ends, sorted(ends))

    def test_bad_rate_is_an_invalid_argument_and_the_server_goes_on(self) -> None:
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.stub.StreamingRecognize(requests(streaming_config(rate=7), b"", 1)))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("7", caught.exception.details())
        self.assertTrue(self.stub.ListModels(pb.ListModelsRequest()).models[0].is_default)

    def test_reflection_lists_the_service(self) -> None:
        services = ProtoReflectionDescriptorDatabase(self.channel).get_services()
        self.assertIn("oido.v1.SpeechRecognizer", services)

    def test_health_is_serving(self) -> None:
        health = health_pb2_grpc.HealthStub(self.channel)
        for service in ("", "oido.v1.SpeechRecognizer"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=service))
            self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING, service)

    def test_the_readme_example_prints_partials_and_the_final(self) -> None:
        example = ROOT / "client" / "python" / "example.py"
        output = subprocess.run(
            [sys.executable, str(example), self.server.address, str(wav)], text=True, check=True,
            capture_output=True, env={**os.environ, "PYTHONPATH": stubs, "no_grpc_proxy": "127.0.0.1"},
        ).stdout.splitlines()
        finals = [final.alternatives[0].transcript for final in self.finals(self.stream(chunk_ms=100))]
        self.assertEqual([line for line in output if line.startswith("final:")], [f"final:  {text}" for text in finals])
        self.assertTrue(output[0].startswith("so far:"), output[0])


def main() -> None:
    global pb, pb_grpc, stubs, wav
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=pathlib.Path, required=True)
    parser.add_argument("--wav", type=pathlib.Path, required=True)
    parser.add_argument("--model", help="bundle directory; default: the one that was shipped with the server")
    arguments, rest = parser.parse_known_args()
    ServerTestCase.server_binary = arguments.server
    ServerTestCase.server_arguments = ["--model", arguments.model] if arguments.model else []
    wav = arguments.wav
    with tempfile.TemporaryDirectory() as stubs:
        generate_stubs(stubs)
        sys.path.insert(0, stubs)
        pb = importlib.import_module("oido.v1.speech_pb2")
        pb_grpc = importlib.import_module("oido.v1.speech_pb2_grpc")
        unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
