"""The network: stacked LSTM layers, streaming or bidirectional, with a letter and a phone CTC head."""

import numpy as np
import torch
from torch import nn

from oido_train.amx_lstm import run_layer
from oido_train.quantise import dequantise


def reversed_steps(sequences: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """[time, batch, ...] with each sequence's own steps in reverse order; padding stays where it is."""
    time = torch.arange(len(sequences), device=sequences.device).unsqueeze(1)
    last = steps.to(sequences.device).unsqueeze(0) - 1
    source = torch.where(time <= last, last - time, time)
    return sequences.gather(0, source.unsqueeze(-1).expand_as(sequences))


def bfloat16_is_fast(device: torch.device) -> bool:
    """Elsewhere (processors without AVX512-BF16) PyTorch's bfloat16 products take ten times as long as float32."""
    return device.type != "cpu" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def _new_layer(input_size: int, hidden_size: int) -> nn.LSTM:
    layer = nn.LSTM(input_size, hidden_size)
    nn.init.xavier_uniform_(layer.weight_ih_l0)
    for gate in layer.weight_hh_l0.chunk(4):
        nn.init.orthogonal_(gate)
    nn.init.zeros_(layer.bias_ih_l0)
    nn.init.zeros_(layer.bias_hh_l0)
    nn.init.ones_(layer.bias_ih_l0[hidden_size : 2 * hidden_size])  # forget gate open
    return layer


class StackedLstm(nn.Module):
    """Normalised, stacked log-mels [time, batch, input] to logits.

    Letters and phones come from the top layer, by CTC. A further head, for training only, names
    the phone of each step from the layer below the top. A bidirectional network concatenates the
    outputs of a forward and a reverse LSTM in each layer above the lowest `forward_layers`, and
    serves whole recordings only.
    """

    def __init__(
        self, mel_bins: int, stacked_frames: int, hidden_size: int, layers: int,
        tokens: int, phones: int, dropout: float, bidirectional: bool, forward_layers: int,
    ) -> None:
        super().__init__()
        self.stacked_frames = stacked_frames
        self.register_buffer("mean", torch.zeros(mel_bins))
        self.register_buffer("inverse_stddev", torch.ones(mel_bins))
        self.first_reverse = forward_layers if bidirectional else layers
        outputs = [hidden_size * (2 if index >= self.first_reverse else 1) for index in range(layers)]
        inputs = [mel_bins * stacked_frames] + outputs[:-1]
        self.layers = nn.ModuleList(_new_layer(size, hidden_size) for size in inputs)
        self.reverse_layers = nn.ModuleList(_new_layer(size, hidden_size) for size in inputs[self.first_reverse :])
        self.dropout = dropout
        self.letter_head = nn.Linear(outputs[-1], tokens)
        self.phone_head = nn.Linear(outputs[-1], phones)
        self.frame_head = nn.Linear((inputs + outputs)[layers - 1], phones)

    def normalise(self, log_mels: torch.Tensor) -> torch.Tensor:
        """[..., mel_bins] natural-log mel energies to zero mean, unit variance."""
        return (log_mels - self.mean) * self.inverse_stddev

    def forward(self, inputs: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logits of (letters, phones, phone of the step), each [time, batch, classes]; `steps` [batch] are lengths."""
        hidden = inputs
        below_top = inputs
        for index, layer in enumerate(self.layers):
            outputs = run_layer(layer, hidden)
            if index >= self.first_reverse:
                reverse = run_layer(self.reverse_layers[index - self.first_reverse], reversed_steps(hidden, steps))
                outputs = torch.cat([outputs, reversed_steps(reverse, steps)], dim=-1)
            hidden = self._drop(outputs)
            if index == len(self.layers) - 2:
                below_top = hidden
        return self.letter_head(hidden), self.phone_head(hidden), self.frame_head(below_top)

    def _drop(self, hidden: torch.Tensor) -> torch.Tensor:
        """Dropout with one mask for all steps of an utterance: cheap, and better for recurrent layers."""
        if not self.training or self.dropout == 0.0:
            return hidden
        keep = 1.0 - self.dropout
        mask = torch.empty(1, *hidden.shape[1:], device=hidden.device).bernoulli_(keep) / keep
        return hidden * mask.to(hidden.dtype)

    @torch.no_grad()
    def start_from_streaming(self, streaming: "StackedLstm") -> None:
        """A bidirectional network that says what `streaming` says, and whose reverse half is ready to learn.

        Both halves are the streaming network's, each blind to the other; the heads listen to the forward one.
        """
        hidden_size = self.layers[0].hidden_size
        self.load_state_dict({"mean": streaming.mean, "inverse_stddev": streaming.inverse_stddev}, strict=False)
        halves = [(self.layers, 0, 0), (self.reverse_layers, self.first_reverse, 1)]
        for layers, first, half in halves:
            for source, layer in zip(streaming.layers[first:], layers):
                for name, values in source.named_parameters():
                    target = layer.get_parameter(name)
                    if target.shape == values.shape:
                        target.copy_(values)
                    else:
                        target.zero_()[:, half * hidden_size : (half + 1) * hidden_size] = values
        for head in ("letter_head", "phone_head", "frame_head"):
            target, source_head = getattr(self, head), getattr(streaming, head)
            target.weight.zero_()[:, : source_head.in_features] = source_head.weight
            target.bias.copy_(source_head.bias)

    def export_tensors(self) -> dict[str, np.ndarray]:
        """Tensors of the shipped part under the names of model_bundle.proto, float32."""
        tensors = {
            "frontend.mean": self.mean,
            "frontend.inverse_stddev": self.inverse_stddev,
            "output.weight": self.letter_head.weight,
            "output.bias": self.letter_head.bias,
            "phones.weight": self.phone_head.weight,
            "phones.bias": self.phone_head.bias,
        }
        for suffix, layers, first in (("", self.layers, 0), ("_reverse", self.reverse_layers, self.first_reverse)):
            for index, layer in enumerate(layers, first):
                tensors[f"lstm.{index}.weight_ih{suffix}"] = layer.weight_ih_l0
                tensors[f"lstm.{index}.weight_hh{suffix}"] = layer.weight_hh_l0
                tensors[f"lstm.{index}.bias{suffix}"] = layer.bias_ih_l0 + layer.bias_hh_l0
        return {name: tensor.detach().float().cpu().numpy() for name, tensor in tensors.items()}

    def training_heads(self) -> dict[str, np.ndarray]:
        """The frame head, which serves training only."""
        return {f"frame_head.{name}": t.float().cpu().numpy() for name, t in self.frame_head.state_dict().items()}

    @torch.no_grad()
    def import_tensors(self, tensors: dict[str, np.ndarray]) -> None:
        """Takes over what `export_tensors` and perhaps `training_heads` gave, rounded to int8 or not."""
        found = {name: torch.from_numpy(t.astype(np.float32)) for name, t in dequantise(tensors).items()}
        self.mean.copy_(found["frontend.mean"])
        self.inverse_stddev.copy_(found["frontend.inverse_stddev"])
        self.letter_head.weight.copy_(found["output.weight"])
        self.letter_head.bias.copy_(found["output.bias"])
        for suffix, layers, first in (("", self.layers, 0), ("_reverse", self.reverse_layers, self.first_reverse)):
            for index, layer in enumerate(layers, first):
                layer.weight_ih_l0.copy_(found[f"lstm.{index}.weight_ih{suffix}"])
                layer.weight_hh_l0.copy_(found[f"lstm.{index}.weight_hh{suffix}"])
                layer.bias_ih_l0.copy_(found[f"lstm.{index}.bias{suffix}"])
                layer.bias_hh_l0.zero_()
        for name, tensor in found.items():
            if name.startswith(("phones.", "frame_head.")):
                self.get_parameter(name.replace("phones.", "phone_head.")).copy_(tensor)
