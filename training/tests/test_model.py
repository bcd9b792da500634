"""The bidirectional network is PyTorch's own, whatever the lengths in a batch."""

import pytest
import torch
from torch import nn

from oido_train.model import StackedLstm, reversed_steps


def test_reversal_leaves_padding_in_place() -> None:
    sequences = torch.arange(10).view(5, 2, 1)
    expected = torch.tensor([[4, 9], [2, 7], [0, 5], [6, 3], [8, 1]])
    torch.testing.assert_close(reversed_steps(sequences, torch.tensor([3, 5])).squeeze(-1), expected)


def test_a_batch_gives_what_torch_gives_for_each_sequence_alone() -> None:
    torch.manual_seed(1)
    model = StackedLstm(4, 1, 6, 2, 5, 7, 0.0, bidirectional=True, forward_layers=0).eval()
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


def test_forward_layers_do_not_see_the_future() -> None:
    torch.manual_seed(3)
    model = StackedLstm(4, 1, 6, 3, 5, 7, 0.0, bidirectional=True, forward_layers=2).eval()
    assert [layer.input_size for layer in [*model.layers, *model.reverse_layers]] == [4, 6, 6, 6]
    before, after = torch.randn(6, 1, 4), torch.randn(2, 1, 4)
    with torch.no_grad():
        letters, _, frames = model(before, torch.tensor([6]))
        longer, _, longer_frames = model(torch.cat([before, after]), torch.tensor([8]))
    torch.testing.assert_close(longer_frames[:6], frames)  # of the layer below the top
    assert (longer[:6] - letters).abs().max() > 1e-4
    reverse = model.export_tensors().keys() & {f"lstm.{index}.weight_ih_reverse" for index in range(3)}
    assert reverse == {"lstm.2.weight_ih_reverse"}


@pytest.mark.parametrize("forward_layers", [0, 1, 2])
def test_a_bidirectional_start_says_what_the_streaming_model_says(forward_layers: int) -> None:
    torch.manual_seed(2)
    streaming = StackedLstm(4, 1, 6, 3, 5, 7, 0.0, bidirectional=False, forward_layers=0).eval()
    streaming.mean.normal_()
    model = StackedLstm(4, 1, 6, 3, 5, 7, 0.0, bidirectional=True, forward_layers=forward_layers).eval()
    model.start_from_streaming(streaming)
    sequence, steps = torch.randn(8, 1, 4), torch.tensor([8])
    with torch.no_grad():
        for ours, theirs in zip(model(sequence, steps), streaming(sequence, steps)):
            torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(model.mean, streaming.mean)
