"""What the comparisons share: one core, our benchmarks' results, a Markdown table and JSON."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


def use_one_core(core: int) -> None:
    """This process and all that it starts stay on `core`, with one thread of each library."""
    os.sched_setaffinity(0, {core})
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"


def machine(packages: list[str]) -> dict[str, object]:
    """What the figures depend on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), [])
    isa = [flag for flag in ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8") if flag in flags]
    return {
        "cpu": names[0] if names else platform.machine(), "isa": isa, "load_average": os.getloadavg()[0],
        "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", ""), "python": platform.python_version(),
        "packages": {package: version(package) for package in packages},
    }


def run_benchmark(program: Path, pattern: str, seconds: float) -> dict[str, float]:
    """CPU nanoseconds an iteration of one of our Google Benchmark programs, by name."""
    command = [
        str(program), f"--benchmark_filter={pattern}", "--benchmark_format=json", f"--benchmark_min_time={seconds}",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if not done.stdout:
        raise SystemExit(f"{program} has no benchmark that matches {pattern}: {done.stderr.strip()}")
    scale = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
    return {
        item["name"]: item["cpu_time"] * scale[item["time_unit"]] for item in json.loads(done.stdout)["benchmarks"]
    }


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    return str(value)


def print_table(header: list[str], rows: list[list[object]]) -> None:
    """Markdown on standard output."""
    print(f"| {' | '.join(header)} |")
    print(f"|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(map(_cell, row))} |", flush=True)


def write_json(path: Path | None, content: dict[str, object]) -> None:
    """The same and more for programs."""
    if path is not None:
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        print(f"written: {path}", file=sys.stderr)
