"""Averages the weights of several checkpoints of one run."""

from pathlib import Path

import torch


def average(checkpoints: list[Path], out: Path) -> None:
    """Writes OUT with the mean of the checkpoints' averaged weights; it serves evaluate and export."""
    states = [torch.load(path, map_location="cpu", weights_only=True)["average"] for path in checkpoints]
    mean = {name: sum(state[name].double() for state in states) / len(states) for name in states[0]}
    torch.save({"average": {name: tensor.float() for name, tensor in mean.items()}}, out)
