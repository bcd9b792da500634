"""Unmodified clients of Riva and of Google Speech-to-Text against the real server and a recorded voice.

Run by CTest through tests/python/run; arguments: --server BINARY --wav FILE [--model DIR].
"""

import argparse
import importlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
import wave
from collections.abc import Iterator
from typing import Any

import grpc
import riva.client
from google.api_core import exceptions
from google.cloud import speech_v1, speech_v2
from google.cloud.speech_v1.services.speech.transports import SpeechGrpcTransport as V1Transport
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcTransport as V2Transport
from riva.client.proto import riva_asr_pb2

from client_test import generate_stubs
from server_process import ServerTestCase

RECOGNIZER = "projects/p/locations/global/recognizers/_"
CHUNK_BYTES = 3200  # 100 ms
pb: Any  # the generated modules of the native API, imported by main()
pb_grpc: Any
wav: pathlib.Path


def samples() -> tuple[bytes, int]:
    """The recording without its header, and its rate."""
    with wave.open(str(wav), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.readframes(file.getnframes()), file.getframerate()


def chunks() -> list[bytes]:
    audio, _ = samples()
    return [audio[start : start + CHUNK_BYTES] for start in range(0, len(audio), CHUNK_BYTES)]


class StockClientTestCase(ServerTestCase):
    native: str  # what the native API understands
    channel: grpc.Channel

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.channel = grpc.insecure_channel(cls.server.address)
        config = pb.StreamingRecognitionConfig(config=pb.RecognitionConfig())
        requests = [pb.StreamingRecognizeRequest(streaming_config=config)]
        requests.append(pb.StreamingRecognizeRequest(audio_content=wav.read_bytes()))
        responses = pb_grpc.SpeechRecognizerStub(cls.channel).StreamingRecognize(iter(requests))
        cls.native = "".join(result.alternatives[0].transcript for response in responses for result in response.results)
        assert "consider how much" in cls.native, cls.native

    @classmethod
    def tearDownClass(cls) -> None:
        cls.channel.close()
        super().tearDownClass()

    def check_words(self, finals: list[Any], seconds: Any) -> None:
        """Finals say what the native API says, and their words' times go on."""
        self.assertTrue(finals)
        self.assertEqual("".join(final.alternatives[0].transcript for final in finals), self.native)
        last = 0.0
        for final in finals:
            best = final.alternatives[0]
            self.assertEqual([word.word for word in best.words], best.transcript.split())
            self.assertTrue(0 < best.confidence <= 1)
            for word in best.words:
                start, end = seconds(word)
                self.assertTrue(last <= start < end, (word.word, last, start, end))
                last = end
        audio, rate = samples()
        self.assertTrue(0 < last <= len(audio) / 2 / rate)


class RivaClientTest(StockClientTestCase):
    def setUp(self) -> None:
        self.service = riva.client.ASRService(riva.client.Auth(uri=self.server.address))

    def config(self) -> riva.client.RecognitionConfig:
        """As the scripts of the package make it: no encoding, for it is in the file."""
        config = riva.client.RecognitionConfig(
            language_code="en-US", max_alternatives=1, profanity_filter=False, enable_automatic_punctuation=True,
            verbatim_transcripts=False, enable_word_time_offsets=True,
        )
        riva.client.add_audio_file_specs_to_config(config, wav)
        riva.client.add_word_boosting_to_config(config, ["Dashwood", "", "R2D2"], 20.0)
        riva.client.add_endpoint_parameters_to_config(config, 0, 0.0, 800, 0, 0.98, 0.0)
        return config

    def stream(self) -> list[riva_asr_pb2.StreamingRecognizeResponse]:
        config = riva.client.StreamingRecognitionConfig(config=self.config(), interim_results=True)
        with riva.client.AudioChunkFileIterator(wav, CHUNK_BYTES // 2, None) as file:
            return list(self.service.streaming_response_generator(file, config))

    @staticmethod
    def seconds(word: riva_asr_pb2.WordInfo) -> tuple[float, float]:
        return word.start_time / 1000, word.end_time / 1000

    def test_stream(self) -> None:
        responses = self.stream()
        messages = -(-wav.stat().st_size // CHUNK_BYTES)
        self.assertEqual(len(responses), messages + 1, "one for each audio message, one for the end")
        results = [result for response in responses for result in response.results]
        self.assertFalse(results[0].is_final, "the first result of several seconds of speech is interim")
        self.check_words([result for result in results if result.is_final], self.seconds)

    def test_its_printer_understands_the_stream(self) -> None:
        printed = io.StringIO()
        riva.client.print_streaming(iter(self.stream()), output_file=printed, show_intermediate=True)
        finals = [line[3:] for line in printed.getvalue().splitlines() if line.startswith("## ")]
        self.assertEqual("".join(finals).rstrip(), self.native)

    def test_whole_recording(self) -> None:
        answer = self.service.offline_recognize(wav.read_bytes(), self.config())
        self.check_words(list(answer.results), self.seconds)

    def test_raw_samples_named_as_such(self) -> None:
        config = self.config()
        config.encoding = riva.client.AudioEncoding.LINEAR_PCM
        answer = self.service.offline_recognize(samples()[0], config)
        self.assertEqual("".join(result.alternatives[0].transcript for result in answer.results), self.native)

    def test_configuration(self) -> None:
        answer = self.service.stub.GetRivaSpeechRecognitionConfig(riva_asr_pb2.RivaSpeechRecognitionConfigRequest())
        parameters = answer.model_config[0].parameters
        self.assertEqual((parameters["type"], parameters["language_code"]), ("online", "en-US"))

    def test_a_language_that_nobody_speaks_is_an_error(self) -> None:
        config = self.config()
        config.language_code = "xx-XX"
        with self.assertRaises(grpc.RpcError) as caught:
            self.service.offline_recognize(wav.read_bytes(), config)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)


class GoogleV1ClientTest(StockClientTestCase):
    def setUp(self) -> None:
        self.client = speech_v1.SpeechClient(transport=V1Transport(channel=self.channel))

    def config(self) -> speech_v1.RecognitionConfig:
        phrases = speech_v1.PhraseSet(phrases=[{"value": "Dashwood", "boost": 5}, {"value": "$ORDINAL"}])
        return speech_v1.RecognitionConfig(
            encoding=speech_v1.RecognitionConfig.AudioEncoding.LINEAR16, sample_rate_hertz=samples()[1],
            language_code="en-US", enable_word_time_offsets=True, enable_automatic_punctuation=True,
            model="latest_long", adaptation=speech_v1.SpeechAdaptation(phrase_sets=[phrases]),
        )

    @staticmethod
    def seconds(word: speech_v1.WordInfo) -> tuple[float, float]:
        return word.start_time.total_seconds(), word.end_time.total_seconds()

    def stream(self, **streaming: Any) -> list[speech_v1.StreamingRecognizeResponse]:
        config = speech_v1.StreamingRecognitionConfig(config=self.config(), **streaming)
        requests = (speech_v1.StreamingRecognizeRequest(audio_content=chunk) for chunk in chunks())
        return list(self.client.streaming_recognize(config, requests))

    def test_stream(self) -> None:
        results = [result for response in self.stream(interim_results=True) for result in response.results]
        self.assertFalse(results[0].is_final)
        for result in results:
            self.assertTrue(result.is_final or 0 < result.stability < 1)
        self.check_words([result for result in results if result.is_final], self.seconds)

    def test_classes_of_phrases(self) -> None:
        config = self.config()
        phrases = speech_v1.PhraseSet(phrases=[{"value": "john ${name}", "boost": 20}])
        names = speech_v1.CustomClass(custom_class_id="name", items=[{"value": "Willoughby"}, {"value": "Dashwoode"}])
        config.adaptation = speech_v1.SpeechAdaptation(phrase_sets=[phrases], custom_classes=[names])
        audio = speech_v1.RecognitionAudio(content=samples()[0])
        answer = self.client.recognize(config=config, audio=audio)
        self.assertIn(" john dashwoode ", answer.results[0].alternatives[0].transcript)
        self.assertNotIn("dashwoode", self.native)

    def test_speech_events(self) -> None:
        event = speech_v1.StreamingRecognizeResponse.SpeechEventType
        responses = self.stream(enable_voice_activity_events=True)
        types = [response.speech_event_type for response in responses if response.speech_event_type]
        self.assertEqual(types[0], event.SPEECH_ACTIVITY_BEGIN)
        self.assertEqual(types[-1], event.SPEECH_ACTIVITY_END)

    def test_silence_for_too_long_ends_the_stream_with_an_event(self) -> None:
        timeouts = speech_v1.StreamingRecognitionConfig.VoiceActivityTimeout(speech_start_timeout={"seconds": 1})
        config = speech_v1.StreamingRecognitionConfig(
            config=self.config(), enable_voice_activity_events=True, voice_activity_timeout=timeouts,
        )
        silence = speech_v1.StreamingRecognizeRequest(audio_content=bytes(CHUNK_BYTES))
        responses = list(self.client.streaming_recognize(config, iter([silence] * 30)))
        event = speech_v1.StreamingRecognizeResponse.SpeechEventType
        self.assertEqual([response.speech_event_type for response in responses], [event.SPEECH_ACTIVITY_TIMEOUT])
        self.assertTrue(1 <= responses[0].speech_event_time.total_seconds() < 2)

    def test_whole_recording(self) -> None:
        audio = speech_v1.RecognitionAudio(content=samples()[0])
        answer = self.client.recognize(config=self.config(), audio=audio)
        self.check_words(list(answer.results), self.seconds)

    def test_long_running_calls_are_refused_with_a_hint(self) -> None:
        audio = speech_v1.RecognitionAudio(content=samples()[0])
        with self.assertRaisesRegex(exceptions.MethodNotImplemented, "StreamingRecognize"):
            self.client.long_running_recognize(config=self.config(), audio=audio)

    def test_bad_rate_is_an_invalid_argument(self) -> None:
        config = self.config()
        config.sample_rate_hertz = 7
        with self.assertRaisesRegex(exceptions.InvalidArgument, "sample_rate_hertz"):
            self.client.recognize(config=config, audio=speech_v1.RecognitionAudio(content=b"ab"))


class GoogleV2ClientTest(StockClientTestCase):
    def setUp(self) -> None:
        self.client = speech_v2.SpeechClient(transport=V2Transport(channel=self.channel))

    def config(self) -> speech_v2.RecognitionConfig:
        """The file tells its own format."""
        return speech_v2.RecognitionConfig(
            auto_decoding_config=speech_v2.AutoDetectDecodingConfig(), language_codes=["en-US"], model="chirp_2",
            features=speech_v2.RecognitionFeatures(enable_word_time_offsets=True),
        )

    @staticmethod
    def seconds(word: speech_v2.WordInfo) -> tuple[float, float]:
        return word.start_offset.total_seconds(), word.end_offset.total_seconds()

    def test_stream(self) -> None:
        features = speech_v2.StreamingRecognitionFeatures(interim_results=True, enable_voice_activity_events=True)
        streaming = speech_v2.StreamingRecognitionConfig(config=self.config(), streaming_features=features)

        def requests() -> Iterator[speech_v2.StreamingRecognizeRequest]:
            yield speech_v2.StreamingRecognizeRequest(recognizer=RECOGNIZER, streaming_config=streaming)
            file = wav.read_bytes()
            for start in range(0, len(file), CHUNK_BYTES):
                yield speech_v2.StreamingRecognizeRequest(audio=file[start : start + CHUNK_BYTES])

        responses = list(self.client.streaming_recognize(requests=requests()))
        self.assertTrue(any(response.speech_event_type for response in responses))
        results = [result for response in responses for result in response.results]
        self.assertFalse(results[0].is_final)
        self.check_words([result for result in results if result.is_final], self.seconds)

    def test_whole_recording(self) -> None:
        answer = self.client.recognize(
            speech_v2.RecognizeRequest(recognizer=RECOGNIZER, config=self.config(), content=wav.read_bytes())
        )
        self.check_words(list(answer.results), self.seconds)

    def test_classes_of_phrases(self) -> None:
        config = self.config()
        phrases = speech_v2.PhraseSet(phrases=[{"value": "john ${name}", "boost": 20}])
        resource = RECOGNIZER.replace("recognizers/_", "customClasses/name")
        names = speech_v2.CustomClass(name=resource, items=[{"value": "Willoughby"}, {"value": "Dashwoode"}])
        phrase_set = speech_v2.SpeechAdaptation.AdaptationPhraseSet(inline_phrase_set=phrases)
        config.adaptation = speech_v2.SpeechAdaptation(phrase_sets=[phrase_set], custom_classes=[names])
        answer = self.client.recognize(
            speech_v2.RecognizeRequest(recognizer=RECOGNIZER, config=config, content=wav.read_bytes())
        )
        self.assertIn(" john dashwoode ", answer.results[0].alternatives[0].transcript)


def main() -> None:
    global pb, pb_grpc, wav
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=pathlib.Path, required=True)
    parser.add_argument("--wav", type=pathlib.Path, required=True)
    parser.add_argument("--model", help="bundle directory; default: the one that was shipped with the server")
    arguments, rest = parser.parse_known_args()
    ServerTestCase.server_binary = arguments.server
    ServerTestCase.server_arguments = ["--model", arguments.model] if arguments.model else []
    wav = arguments.wav
    # A proxy of the environment has no business on the loopback interface.
    os.environ["no_grpc_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory() as stubs:
        generate_stubs(stubs)
        sys.path.insert(0, stubs)
        pb = importlib.import_module("oido.v1.speech_pb2")
        pb_grpc = importlib.import_module("oido.v1.speech_pb2_grpc")
        unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
