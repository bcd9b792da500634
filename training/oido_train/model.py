"""The network: stacked unidirectional LSTM layers with a letter CTC head and a training-only phone head."""

import numpy as np
import torch
from torch import nn

from oido_train.amx_lstm import run_layer


class StreamingLstm(nn.Module):
    """Normalised, stacked log-mels [time, batch, input] to letter and phone logits.

    The letter head is shipped. The phone head only helps to train the layers: it names the
    phone of each step, from the layer below the top.
    """

    def __init__(
        self, mel_bins: int, stacked_frames: int, hidden_size: int, layers: int,
        tokens: int, phones: int, dropout: float,
    ) -> None:
        super().__init__()
        self.stacked_frames = stacked_frames
        self.register_buffer("mean", torch.zeros(mel_bins))
        self.register_buffer("inverse_stddev", torch.ones(mel_bins))
        sizes = [mel_bins * stacked_frames] + [hidden_size] * (layers - 1)
        self.layers = nn.ModuleList(nn.LSTM(size, hidden_size) for size in sizes)
        self.dropout = dropout
        self.letter_head = nn.Linear(hidden_size, tokens)
        self.phone_head = nn.Linear(hidden_size, phones)
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight_ih_l0)
            for gate in layer.weight_hh_l0.chunk(4):
                nn.init.orthogonal_(gate)
            nn.init.zeros_(layer.bias_ih_l0)
            nn.init.zeros_(layer.bias_hh_l0)
            nn.init.ones_(layer.bias_ih_l0[hidden_size : 2 * hidden_size])  # forget gate open

    def normalise(self, log_mels: torch.Tensor) -> torch.Tensor:
        """[..., mel_bins] natural-log mel energies to zero mean, unit variance."""
        return (log_mels - self.mean) * self.inverse_stddev

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of (letters, phones), each [time, batch, classes]."""
        hidden = inputs
        below_top = inputs
        for index, layer in enumerate(self.layers):
            hidden = run_layer(layer, hidden)
            hidden = self._drop(hidden)
            if index == len(self.layers) - 2:
                below_top = hidden
        return self.letter_head(hidden), self.phone_head(below_top)

    def _drop(self, hidden: torch.Tensor) -> torch.Tensor:
        """Dropout with one mask for all steps of an utterance: cheap, and better for recurrent layers."""
        if not self.training or self.dropout == 0.0:
            return hidden
        keep = 1.0 - self.dropout
        mask = torch.empty(1, *hidden.shape[1:], device=hidden.device).bernoulli_(keep) / keep
        return hidden * mask.to(hidden.dtype)

    def export_tensors(self) -> dict[str, np.ndarray]:
        """Tensors of the shipped part under the names of model_bundle.proto, float32."""
        tensors = {
            "frontend.mean": self.mean,
            "frontend.inverse_stddev": self.inverse_stddev,
            "output.weight": self.letter_head.weight,
            "output.bias": self.letter_head.bias,
        }
        for index, layer in enumerate(self.layers):
            tensors[f"lstm.{index}.weight_ih"] = layer.weight_ih_l0
            tensors[f"lstm.{index}.weight_hh"] = layer.weight_hh_l0
            tensors[f"lstm.{index}.bias"] = layer.bias_ih_l0 + layer.bias_hh_l0
        return {name: tensor.detach().float().cpu().numpy() for name, tensor in tensors.items()}
