"""LPIPS with weights of known numbers, against a plain computation; its files, and what is kept."""

import numpy as np
import pytest
import torch

from explorer.analyse import main
from explorer.lab import table
from explorer.lab.analysis import analyse, found
from explorer.lab.factors import measured_factors
from explorer.lab.lpips import Lpips, read_lpips
from gan.checkpoint import CheckpointError
from tests.explorer.lab.test_analysis import SMALL

CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # of torchvision's VGG16
WIDTHS = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
LAST = (1, 3, 6, 9, 12)  # of each of the five stages


@pytest.fixture(scope="module")
def weights():
    """Small random numbers, in the layout of the two files."""
    random, vgg, below = torch.Generator().manual_seed(0), {}, 3
    for number, width in zip(CONVOLUTIONS, WIDTHS, strict=True):
        size = (2 / (9 * below)) ** 0.5
        vgg[f"features.{number}.weight"] = size * torch.randn(width, below, 3, 3, generator=random)
        vgg[f"features.{number}.bias"] = 0.1 * torch.randn(width, generator=random)
        below = width
    vgg["classifier.0.weight"] = torch.zeros(2, 2)  # of the whole network; not needed
    lin = {
        f"lin{k}.model.1.weight": torch.rand(1, WIDTHS[i], 1, 1, generator=random)
        for k, i in enumerate(LAST)
    }
    return vgg, lin


@pytest.fixture
def files(weights, tmp_path):
    paths = tmp_path / "vgg16.pth", tmp_path / "lin.pth"
    for path, content in zip(paths, weights, strict=True):
        torch.save(content, path)
    return paths


def plain(vgg: dict, lin: dict, a: np.ndarray, b: np.ndarray) -> float:
    """The definition, pixel by pixel where it matters; a, b: [3, R, R]."""
    total, sides = 0.0, [a.astype(np.float64), b.astype(np.float64)]
    shift, scale = np.array([-0.030, -0.088, -0.188]), np.array([0.458, 0.448, 0.450])
    sides = [(x - shift[:, None, None]) / scale[:, None, None] for x in sides]
    for i, number in enumerate(CONVOLUTIONS):
        weight = vgg[f"features.{number}.weight"].double().numpy()
        bias = vgg[f"features.{number}.bias"].double().numpy()
        if i - 1 in LAST:  # the largest of each 2 x 2
            sides = [np.maximum.reduce([x[:, u::2, v::2] for u in (0, 1) for v in (0, 1)])
                     for x in sides]  # fmt: skip
        for s, x in enumerate(sides):
            R = x.shape[1]
            padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
            y = sum(
                np.einsum("oi,ihw->ohw", weight[:, :, u, v], padded[:, u : u + R, v : v + R])
                for u in range(3)
                for v in range(3)
            )
            sides[s] = np.maximum(y + bias[:, None, None], 0)
        if i in LAST:
            k = LAST.index(i)
            w = lin[f"lin{k}.model.1.weight"].double().numpy()[0, :, 0, 0]
            R = sides[0].shape[1]
            for u in range(R):
                for v in range(R):
                    p, q = (x[:, u, v] / (np.linalg.norm(x[:, u, v]) + 1e-10) for x in sides)
                    total += (w * (p - q) ** 2).sum() / R**2
    return total


def test_it_is_the_definition(weights):
    lpips = Lpips(*weights)
    a, b = torch.rand(2, 2, 3, 16, 16) * 2 - 1
    found = lpips(a, b)
    expected = [plain(*weights, x.numpy(), y.numpy()) for x, y in zip(a, b, strict=True)]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)
    assert torch.allclose(lpips(b, a), found)
    assert lpips(a, a).abs().max() == 0


def test_grey_pictures_are_three_times_the_same(weights):
    lpips = Lpips(*weights)
    a, b = torch.rand(2, 1, 1, 16, 16)
    assert torch.allclose(lpips(a, b), lpips(a.expand(-1, 3, -1, -1), b.expand(-1, 3, -1, -1)))


def test_its_files_are_read_as_data(files, weights):
    a, b = torch.rand(2, 1, 3, 16, 16)
    assert torch.equal(read_lpips(*files)(a, b), Lpips(*weights)(a, b))


def test_other_files_are_refused_by_their_name(files, tmp_path):
    vgg, lin = files
    with pytest.raises(CheckpointError, match=r"lin\.pth: no VGG16 of torchvision"):
        read_lpips(lin, vgg)
    with pytest.raises(CheckpointError, match=r"vgg16\.pth: no weights of LPIPS"):
        read_lpips(vgg, vgg)
    with pytest.raises(CheckpointError, match=r"none\.pth: No such file"):
        read_lpips(vgg, tmp_path / "none.pth")
    (tmp_path / "bad.pth").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(CheckpointError, match=r"bad\.pth: the zip is damaged"):
        read_lpips(tmp_path / "bad.pth", lin)


def test_path_lengths_by_it_are_kept_and_told_apart_from_ours(head_model, weights):
    library = head_model.library
    factors = measured_factors(library)
    whole = analyse(
        library, factors=factors, settings=SMALL, only=("lpips",), lpips=Lpips(*weights)
    )
    try:
        again = found(library, factors, settings=SMALL)  # without the weights
        for analysis in (whole, again):
            named = {row.figure for row in table.rows(analysis) if "lpips" in row.figure}
            assert named == {"Path length (lpips)", "Path length (lpips), Z over W"}
            lengths = analysis.perceptual.lengths["lpips"]
            assert lengths["W full"].pairs == SMALL.pairs
            assert lengths["W full"].mean > 0
    finally:
        for file in head_model.path.parent.glob("*.lab-*"):
            file.unlink()
    assert found(library, factors, settings=SMALL).perceptual is None


def test_the_command_says_what_is_wrong_with_a_file(files, tmp_path, monkeypatch, capsys):
    vgg, _ = files
    given = ["analyse", "--out", str(tmp_path / "r.html"), "--lpips", str(vgg), str(vgg)]
    monkeypatch.setattr("sys.argv", given)
    assert main() == 2
    assert "no weights of LPIPS" in capsys.readouterr().err
