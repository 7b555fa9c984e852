"""FID and KID as papers give them: through torch-fidelity, if it and its weights are at hand."""

import os
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

_HOW = (
    "for Inception FID and KID, install torch-fidelity and give "
    "--inception weights-inception-2015-12-05-6726825d.pth"
)


class _Pictures(Dataset):
    """What torch-fidelity reads: uint8 [3, R, R]."""

    def __init__(self, images: Tensor):
        self._images = (images * 127.5 + 128).clamp(0, 255).to(torch.uint8)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, i: int) -> Tensor:
        return self._images[i].expand(3, -1, -1)


def inception_figures(real: Tensor, fake: Tensor, weights: Path | None) -> dict:
    """Pictures [N, C, R, R] in -1..1 -> {"fid", "kid", "kid_sd", "note"}, or the note alone.

    Nothing is ever downloaded: without the weights torch-fidelity is not even imported.
    """
    if weights is None:
        return {"note": f"no Inception figures: {_HOW}"}
    try:
        from torch_fidelity import calculate_metrics
    except Exception as error:  # missing, or its torchvision does not fit this torch
        return {"note": f"no Inception figures ({error}): {_HOW}"}
    n = min(len(real), len(fake))
    try:
        with _weights_only():
            found = calculate_metrics(
                input1=_Pictures(fake[:n]), input2=_Pictures(real[:n]), fid=True, kid=True,
                feature_extractor="inception-v3-compat",
                feature_extractor_weights_path=str(weights.resolve()),
                kid_subset_size=min(1000, n), cuda=torch.cuda.is_available(), cache=False,
                datasets_download=False, save_cpu_ram=True, verbose=False,
            )  # fmt: skip
    except Exception as error:  # whatever a foreign library makes of a wrong file
        return {"note": f"no Inception figures: {weights}: {type(error).__name__}: {error}"[:300]}
    return {
        "fid": found["frechet_inception_distance"],
        "kid": found["kernel_inception_distance_mean"],
        "kid_sd": found["kernel_inception_distance_std"],
        "note": f"Inception figures of {n} pictures on each side; FID is biased below 10,000",
    }


@contextmanager
def _weights_only():
    """torch-fidelity unpickles its weights; keep it to tensors, so that a file runs no code."""
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
