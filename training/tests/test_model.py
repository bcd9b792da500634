"""The bidirectional network is PyTorch's own, whatever the lengths in a batch."""

import torch
from torch import nn

from oido_train.model import StackedLstm, reversed_steps


def test_reversal_leaves_padding_in_place() -> None:
    sequences = torch.arange(10).view(5, 2, 1)
    expected = torch.tensor([[4, 9], [2, 7], [0, 5], [6, 3], [8, 1]])
    torch.testing.assert_close(reversed_steps(sequences, torch.tensor([3, 5])).squeeze(-1), expected)


def test_a_batch_gives_what_torch_gives_for_each_sequence_alone() -> None:
    torch.manual_seed(1)
    model = StackedLstm(4, 1, 6, 2, 5, 7, 0.0, bidirectional=True).eval()
    reference = nn.LSTM(4, 6, num_layers=2, bidirectional=True)
    for index in range(2):
        for suffix, layer in (("", model.layers[index]), ("_reverse", model.reverse_layers[index])):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(reference, f"{name}_l{index}{suffix}").data.copy_(getattr(layer, f"{name}_l0"))
    sequences = [torch.randn(count, 4) for count in (9, 3, 6)]
    with torch.no_grad():
        letters, _, _ = model(nn.utils.rnn.pad_sequence(sequences), torch.tensor([9, 3, 6]))
        for row, sequence in enumerate(sequences):
            expected = model.letter_head(reference(sequence)[0])
            torch.testing.assert_close(letters[: len(sequence), row], expected)


def test_a_bidirectional_start_says_what_the_streaming_model_says() -> None:
    torch.manual_seed(2)
    streaming = StackedLstm(4, 1, 6, 3, 5, 7, 0.0, bidirectional=False).eval()
    streaming.mean.normal_()
    model = StackedLstm(4, 1, 6, 3, 5, 7, 0.0, bidirectional=True).eval()
    model.start_from_streaming(streaming)
    sequence, steps = torch.randn(8, 1, 4), torch.tensor([8])
    with torch.no_grad():
        for ours, theirs in zip(model(sequence, steps), streaming(sequence, steps)):
            torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(model.mean, streaming.mean)
