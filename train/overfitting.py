"""Does the discriminator know the training slices by heart? Held-out people tell."""

import numpy as np
import torch

from gan.generator import class_vectors
from train.data import Slices
from train.state import TrainState

SOME = 256  # slices of each kind


@torch.no_grad()
def overfitting(
    state: TrainState, train: Slices, held_out: Slices, fade: float = 1.0
) -> dict[str, float]:
    """Mean logits of plain training and held-out slices, and r_v (Karras 2020b, eq. 1).

        r_v = (E[D_train] - E[D_held_out]) / (E[D_train] - E[D_generated])

    0 where people the discriminator never saw look as real to it as those it was trained on, 1
    where they look like generated ones, cut at black and white as in training. Leaves the random
    state as it is.
    """
    state.D.eval()  # spectral norms stay as they are
    (train_logit, train_labels), (held_out_logit, _) = (
        _verdict(state, slices, fade) for slices in (train, held_out)
    )
    z = np.random.RandomState(0).randn(len(train_labels), state.model.z_dim)
    fakes = []
    for places in np.array_split(np.arange(len(z)), -(-len(z) // 16)):
        c = _classes(state, train_labels[places])
        w = state.G.mapping(torch.from_numpy(z[places]).float().to(state.device), c)
        images = state.G.synthesis(state.G.broadcast(w), noise_mode="const", fade=fade)
        fakes.append(state.D(images.clamp(-1, 1), c, fade=fade))
    state.D.train()
    gap = train_logit - torch.cat(fakes).mean().item()
    return {
        "train_logit": train_logit,
        "held_out_logit": held_out_logit,
        "r_v": (train_logit - held_out_logit) / gap if gap > 0 else 0.0,
    }


def _verdict(state: TrainState, slices: Slices, fade: float) -> tuple[float, np.ndarray]:
    """The mean logit of evenly spaced slices, and their labels.

    Shuffled: the discriminator compares neighbours, and those of a file are all but alike.
    """
    places = np.unique(np.linspace(0, len(slices) - 1, SOME).round().astype(np.int64))
    places = np.random.RandomState(0).permutation(places)
    images, labels = slices.take(places, np.zeros(len(places), bool))
    logits = [
        state.D(
            torch.from_numpy(images[i : i + 16]).to(state.device).float() / 127.5 - 1,
            _classes(state, labels[i : i + 16]), fade=fade,
        )
        for i in range(0, len(places), 16)
    ]  # fmt: skip
    return torch.cat(logits).mean().item(), labels


def _classes(state: TrainState, labels: np.ndarray) -> torch.Tensor | None:
    if not state.model.c_dim:
        return None
    return class_vectors(torch.from_numpy(labels).to(state.device), state.model.c_dim)
