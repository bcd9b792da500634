"""HAProxy before three real servers, one drained and one killed under streams of speech: no word is lost.

Run by CTest through tests/python/run; arguments: --server BINARY --wav FILE [--streams N].
"""

import argparse
import asyncio
import collections
import importlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any

import grpc

import client_test
from server_process import ServerProcess

ROOT = client_test.ROOT
CHUNK_SECONDS = 0.2
# What a client may answer with a new stream. CANCELLED: HAProxy resets the streams
# of a server that died. INTERNAL: what grpc.aio makes of a write that meets the end.
RETRYABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL}
# Streams share connections as from a gateway; each connection has its own socket.
STREAMS_PER_CONNECTION = 10
Outcome = collections.namedtuple("Outcome", "served_by status text")


class Cluster:
    """HAProxy with deploy/haproxy/haproxy.cfg, in front of three servers."""

    def __init__(self, binary: pathlib.Path) -> None:
        # Each would else think that the whole machine is its own, and refuse.
        unlimited = ["--workers", "1", "--admission_utilization", "0", "--latency_target_ms", "0"]
        self.folder = tempfile.TemporaryDirectory()
        self.servers = {f"oido{n}": ServerProcess(binary, unlimited) for n in (1, 2, 3)}
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.admin = os.path.join(self.folder.name, "admin.sock")
        environment = os.environ | {
            "BALANCER_LISTEN": f"fd@{listener.fileno()}", "BALANCER_ADMIN": self.admin,
            **{name.upper().replace("OIDO", "OIDO_"): server.address for name, server in self.servers.items()},
        }
        self.haproxy = subprocess.Popen(
            [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", str(ROOT / "deploy/haproxy/haproxy.cfg")],
            env=environment, pass_fds=[listener.fileno()],
        )
        listener.close()

    def up(self) -> set[str]:
        """The servers that HAProxy gives streams to."""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(self.admin)
            admin.sendall(b"show stat oido 4 -1\n")
            rows = b"".join(iter(lambda: admin.recv(65536), b"")).decode().splitlines()
        return {row.split(",")[1] for row in rows if ",UP," in row}

    def wait_for(self, expected: set[str]) -> float:
        start = time.monotonic()
        while time.monotonic() < start + 30:
            assert self.haproxy.poll() is None, f"haproxy ended with {self.haproxy.returncode}"
            if os.path.exists(self.admin) and self.up() == expected:
                return time.monotonic() - start
            time.sleep(0.05)
        raise AssertionError(f"HAProxy sees {self.up()}, not {expected}")

    def stop(self) -> None:
        self.haproxy.terminate()
        self.haproxy.wait()
        for server in self.servers.values():
            if server.running():
                server.stop()
        self.folder.cleanup()


async def stream(stub: Any, delay: float, wait_seconds: float = CHUNK_SECONDS) -> Outcome:
    """One recording, a chunk each `wait_seconds`; its text as far as it came."""
    await asyncio.sleep(delay)
    audio, rate = client_test.samples()
    chunk = int(rate * CHUNK_SECONDS) * 2
    call = stub.StreamingRecognize()
    finals: list[str] = []

    async def send() -> None:
        await call.write(client_test.pb.StreamingRecognizeRequest(
            streaming_config=client_test.streaming_config(rate)))
        start = time.monotonic()
        for count, begin in enumerate(range(0, len(audio), chunk), 1):
            await asyncio.sleep(start + count * wait_seconds - time.monotonic())
            await call.write(client_test.pb.StreamingRecognizeRequest(audio_content=audio[begin : begin + chunk]))
        await call.done_writing()

    sender = asyncio.ensure_future(send())
    status = grpc.StatusCode.OK
    try:
        async for response in call:
            finals += [r.alternatives[0].transcript for r in response.results if r.is_final]
    except grpc.aio.AioRpcError as error:
        status = error.code()
    sender.cancel()
    await asyncio.gather(sender, return_exceptions=True)
    headers = dict(tuple(await call.initial_metadata() or ()))
    return Outcome(headers.get("x-served-by", ""), status, "".join(finals))


async def stream_with_retry(stub: Any, delay: float, attempts: list[Outcome]) -> Outcome:
    while True:
        outcome = await stream(stub, delay)
        attempts.append(outcome)
        if outcome.status not in RETRYABLE or len(attempts) > 20:
            return outcome
        delay = 0.2


async def run(cluster: Cluster, streams: int) -> dict[str, Any]:
    options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(cluster.address, options)
                for _ in range(-(-streams // STREAMS_PER_CONNECTION))]
    stubs = [client_test.pb_grpc.SpeechRecognizerStub(channel) for channel in channels]
    direct = grpc.aio.insecure_channel(cluster.servers["oido1"].address, options)
    expected = (await stream(client_test.pb_grpc.SpeechRecognizerStub(direct), 0, 0)).text
    await direct.close()

    attempts: list[list[Outcome]] = [[] for _ in range(streams)]
    # Their starts spread over a second, as far as the recording is long.
    running = [asyncio.ensure_future(stream_with_retry(stubs[n % len(stubs)], n / streams, attempts[n]))
               for n in range(streams)]
    await asyncio.sleep(2.5)
    cluster.servers["oido1"].signal(signal.SIGTERM)
    cluster.servers["oido2"].signal(signal.SIGKILL)
    seen = await asyncio.get_running_loop().run_in_executor(None, cluster.wait_for, {"oido3"})
    late = await asyncio.gather(*(stream(stubs[n % len(stubs)], 0) for n in range(streams // 4)))
    ended = await asyncio.gather(*running)
    for channel in channels:
        await channel.close()
    return {"expected": expected, "attempts": attempts, "ended": ended, "late": late, "seen": seen}


def check(result: dict[str, Any], drained_exit: int) -> None:
    first = [attempts[0] for attempts in result["attempts"]]
    by_server = collections.Counter(outcome.served_by for outcome in first)
    broken = [outcome for outcome in first if outcome.status != grpc.StatusCode.OK]
    retried = [outcome for attempts in result["attempts"] for outcome in attempts[1:]]
    print(f"expected: {result['expected']}")
    print(f"streams by server: {dict(by_server)}; both losses seen after {result['seen']:.2f} s")
    print(f"ended by the kill: {collections.Counter(o.status.name for o in broken)}")
    print(f"second attempts: {collections.Counter((o.served_by, o.status.name) for o in retried)}")
    print(f"new streams: {collections.Counter((o.served_by, o.status.name) for o in result['late'])}")
    assert result["expected"]
    shares = [by_server[name] for name in ("oido1", "oido2", "oido3")]
    assert max(shares) - min(shares) <= max(2, len(first) // 20), f"not balanced: {by_server}"
    assert all(outcome.served_by == "oido2" for outcome in broken), "a stream that was not killed broke"
    assert len(broken) == by_server["oido2"], "the server was killed too late"
    assert {outcome.status for outcome in broken} <= RETRYABLE
    complete = result["ended"] + list(result["late"])
    assert all(o.status == grpc.StatusCode.OK for o in complete), collections.Counter(o.status for o in complete)
    texts = collections.Counter(o.text for o in complete)
    assert set(texts) == {result["expected"]}, f"words were lost: {texts}"
    assert all(outcome.served_by == "oido3" for outcome in result["late"])
    assert drained_exit == 0, f"the drained server ended with {drained_exit}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", type=pathlib.Path, required=True)
    parser.add_argument("--wav", type=pathlib.Path, required=True)
    parser.add_argument("--streams", type=int, default=24)
    arguments = parser.parse_args()
    client_test.wav = arguments.wav
    with tempfile.TemporaryDirectory() as folder:
        client_test.generate_stubs(folder)
        sys.path.insert(0, folder)
        client_test.pb = importlib.import_module("oido.v1.speech_pb2")
        client_test.pb_grpc = importlib.import_module("oido.v1.speech_pb2_grpc")
        cluster = Cluster(arguments.server)
        try:
            print(f"all up after {cluster.wait_for(set(cluster.servers)):.2f} s")
            result = asyncio.run(run(cluster, arguments.streams))
            drained_exit = cluster.servers["oido1"].wait()
        finally:
            cluster.stop()
    check(result, drained_exit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
