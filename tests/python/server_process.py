"""Starts the real oido-server on a free port and stops it again."""

import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

READY = re.compile(r"oido-server listening on (\S+)")


class ServerProcess:
    """A running server; `address` is HOST:PORT."""

    def __init__(self, binary: pathlib.Path, arguments: list[str]) -> None:
        self._log = tempfile.TemporaryFile(mode="w+")
        self._process = subprocess.Popen(
            [str(binary), "--listen", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=self._log, text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if ready := READY.search(line):
                self.address = ready.group(1)
                return
        code = self._process.wait()
        self._log.seek(0)
        raise RuntimeError(f"oido-server ended with {code} before it listened:\n{self._log.read()}")

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit code; killed by a signal: minus its number."""
        code = self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        return code


class ServerTestCase(unittest.TestCase):
    """A test whose server runs from its first to its last method."""

    # Set by main().
    server_binary: pathlib.Path
    server_arguments: list[str]
    server: ServerProcess

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = ServerProcess(cls.server_binary, cls.server_arguments)

    @classmethod
    def tearDownClass(cls) -> None:
        code = cls.server.stop()
        assert code == 0, f"oido-server ended with {code}"
