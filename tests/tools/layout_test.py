"""Checks what a compiler does not: who includes whom, purity, one file per library, the README's example."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Folder -> folders whose headers it may include.
MAY_INCLUDE = {
    "features": {"features"},
    "model": {"model", "features"},
    "server": {"server", "model", "features"},
    "client": {"client"},
}
# Library header -> the only file outside tests and bench that may include it.
ONE_FILE = {
    r"kiss_fftr?\.h": "features/rfft.cc",
    r"(oneapi/dnnl/)?dnnl\.hpp": "model/onednn.h",
    r"soxr\.h": "features/resampler.cc",
    r"FLAC/.*": "features/flac_codec.cc",
    r"ogg/ogg\.h": "features/ogg_pages.cc",
    r"(opus/)?opus(_multistream)?\.h": "features/opus_packets.cc",
    r"boost/.*": "client/load/latency_histogram.cc",
}
IMPURE = re.compile(
    r"std::(thread|jthread|mutex|condition_variable|chrono::(system|steady)_clock|c(err|out)\b)"
    r"|\bgetenv\b|ABSL_FLAG|absl::(Mutex|Now)\b|spdlog"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def sources() -> list[pathlib.Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cc", "*.h"],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.split()
    else:  # not a git checkout
        names = [str(p.relative_to(ROOT)) for d in MAY_INCLUDE for p in (ROOT / d).glob("*.[ch]*")]
    return [pathlib.Path(name) for name in names if (ROOT / name).exists()]


def violations(path: pathlib.Path, text: str) -> list[str]:
    found = []
    folder = path.parts[0]
    is_main = path.name.endswith("_main.cc")
    if not text.startswith("// "):
        found.append("does not open with a comment that says its job")
    if folder not in MAY_INCLUDE:
        return found
    for header in INCLUDE.findall(text):
        top = header.split("/")[0]
        if top in MAY_INCLUDE and top not in MAY_INCLUDE[folder] and not is_main:
            found.append(f"includes {header}: {folder}/ may include {sorted(MAY_INCLUDE[folder])} only")
        for pattern, owner in ONE_FILE.items():
            if re.fullmatch(rf"(.*/)?{pattern}", header) and str(path) != owner:
                found.append(f"includes {header}: only {owner} may")
        if folder in ("features", "model") and header.startswith(("grpc", "oido/v1")):
            found.append(f"includes {header}: gRPC stays in server/ and client/")
    if folder in ("features", "model") and not is_main:
        for number, line in enumerate(text.splitlines(), 1):
            if IMPURE.search(line.split("//")[0]):
                found.append(f"line {number}: {line.strip()}: features/ and model/ are pure")
    return found


def readme_problems() -> list[str]:
    example = "client/python/example.py"
    code = (ROOT / example).read_text().split('"""', 2)[2].strip()
    shown = re.search(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [] if shown and shown[1].strip() == code else [f"README.md: its Python block is not {example}"]


def main() -> int:
    paths = sources()
    assert len(paths) > 10, f"only {len(paths)} sources found below {ROOT}"
    problems = readme_problems() + [
        f"{path}: {problem}" for path in paths for problem in violations(path, (ROOT / path).read_text())
    ]
    print("\n".join(problems) or f"{len(paths)} files follow the layout rules")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
