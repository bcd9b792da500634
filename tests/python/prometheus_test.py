"""A real Prometheus scrapes a real oido-server while a client speaks to it.

Usage: prometheus_test.py SERVER OIDO WAV
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from server_process import ServerProcess

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "oido"
TOOLS = CACHE / "prometheus" / "usr" / "bin"
DEADLINE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read()


def query(prometheus: str, expression: str) -> float | None:
    """The one value of `expression`; None: nothing was scraped yet."""
    url = f"{prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        result = json.loads(get(url))["data"]["result"]
    except (urllib.error.URLError, ConnectionError):
        return None
    return float(result[0]["value"][1]) if result else None


def wait_for(prometheus: str, expression: str, at_least: float) -> None:
    end = time.monotonic() + DEADLINE_S
    while (value := query(prometheus, expression)) is None or value < at_least:
        assert time.monotonic() < end, f"{expression} is {value}, not {at_least} or more"
        time.sleep(0.2)


def run(server: str, oido: str, wav: str, folder: pathlib.Path) -> None:
    metrics = f"127.0.0.1:{free_port()}"
    listen = f"127.0.0.1:{free_port()}"
    (folder / "prometheus.yml").write_text(
        "scrape_configs: [{job_name: oido, scrape_interval: 1s, "
        f"static_configs: [{{targets: ['{metrics}']}}]}}]\n"
    )
    speech = ServerProcess(pathlib.Path(server), ["--metrics_listen", metrics])
    prometheus = subprocess.Popen(
        [str(TOOLS / "prometheus"), f"--config.file={folder}/prometheus.yml",
         f"--storage.tsdb.path={folder}/data", f"--web.listen-address={listen}", "--log.level=warn"],
    )
    try:
        checked = subprocess.run(
            [str(TOOLS / "promtool"), "check", "metrics"], input=get(f"http://{metrics}/metrics"),
            check=False, capture_output=True,
        )
        assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()
        subprocess.run([oido, "transcribe", "--server", speech.address, wav], check=True, stdout=subprocess.DEVNULL)
        base = f"http://{listen}"
        wait_for(base, 'up{job="oido"}', 1)
        wait_for(base, "sum(oido_calls_ended_total{status='OK'})", 1)
        wait_for(base, "sum(oido_audio_seconds_total)", 2)
        wait_for(base, "sum(oido_step_batch_size_count)", 10)
    finally:
        prometheus.terminate()
        prometheus.wait(timeout=30)
        assert speech.stop() == 0


def main() -> int:
    assert (TOOLS / "prometheus").exists(), f"no Prometheus in {TOOLS}: run ./setup"
    with tempfile.TemporaryDirectory() as folder:
        run(*sys.argv[1:], pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
