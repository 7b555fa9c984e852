"""What is kept must never show: every picture is the engine's own, bit for bit."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from gan.fast import FastSynthesis
from gan.incremental import IncrementalSynthesis, Kept, _bytes

pytestmark = pytest.mark.cpu


@pytest.fixture
def fast(tiny_generator):
    return FastSynthesis(tiny_generator.synthesis)


def edits(fast: FastSynthesis, count: int, seed: int):
    """A session at the sliders: ws rows, noise maps, switches and strengths change and return."""
    chance = random.Random(seed)
    torch.manual_seed(seed)
    L, w_dim = fast.config.num_ws, fast.config.w_dim
    ws, noise = torch.randn(1, L, w_dim), [m[None, None] for m in fast.noise_const]
    past = [(ws, noise)]
    for _ in range(count):
        ws, noise = ws.clone(), list(noise)
        k = chance.randrange(L)
        match chance.randrange(6):
            case 0:
                ws[:, k] = torch.randn(w_dim)
            case 1:
                ws[:, k:] += 0.1 * torch.randn(w_dim)
            case 2:
                n = noise[k % (L - 1)]
                noise[k % (L - 1)] = (
                    None
                    if n is not None
                    else torch.randn_like(fast.noise_const[k % (L - 1)])[None, None]
                )
            case 3:
                noise = [None if n is None else 1.5 * n for n in noise]
            case 4:
                ws[0, k, 0] = torch.nextafter(ws[0, k, 0], torch.tensor(9.0))  # the smallest edit
            case 5:
                ws, noise = chance.choice(past)
        past.append((ws, noise))
    return past


@pytest.mark.parametrize("megabytes", [0, 0.01, 0.05, 64])
def test_random_edits_give_the_full_paths_pictures(fast, megabytes):
    incremental = IncrementalSynthesis(fast, megabytes)
    for ws, noise in edits(fast, 120, seed=1):
        assert torch.equal(incremental(ws, noise=noise), fast(ws, noise=noise))
        assert incremental.kept.bytes <= megabytes * 2**20


def test_shifted_styles_are_told_apart(fast):
    """Forth and back between shifts of several layers, and no shift, which is not one by 0."""
    incremental, ws = IncrementalSynthesis(fast), torch.randn(1, 6, 16)
    channels = [layer.squares.shape[1] for layer in fast.layers]
    calls = [None, [None] * 5]
    for k in (0, 3, 4, 3):
        shifts = [None] * 5
        shifts[k] = torch.randn(1, channels[k])
        calls.append(shifts)
    for shifts in calls + calls[::-1]:
        assert torch.equal(incremental(ws, shifts=shifts), fast(ws, shifts=shifts))
    assert not torch.equal(incremental(ws, shifts=calls[2]), incremental(ws))


def test_shifts_of_torgbs_are_told_apart(fast):
    """Of one block and of another, of both, and of a layer below; forth and back."""
    incremental, ws = IncrementalSynthesis(fast), torch.randn(1, 6, 16)
    wide = [rgb.weight.shape[1] for rgb in fast.rgbs]
    one, other = torch.randn(1, wide[0]), torch.randn(1, wide[2])
    conv = [torch.randn(1, fast.layers[0].squares.shape[1]), *[None] * 4]
    calls = [
        (None, None), (None, [None] * 3), (None, [one, None, None]), (None, [None, None, other]),
        (None, [one, None, other]), (conv, [one, None, None]), (conv, None),
        (None, [torch.zeros(1, wide[0]), None, None]),
    ]  # fmt: skip
    if wide[0] == wide[1]:
        calls.append((None, [None, one, None]))
    seen = []
    for shifts, rgb_shifts in calls + calls[::-1]:
        picture = incremental(ws, shifts=shifts, rgb_shifts=rgb_shifts)
        assert torch.equal(picture, fast(ws, shifts=shifts, rgb_shifts=rgb_shifts))
        seen.append(picture)
    assert sum(torch.equal(seen[0], picture) for picture in seen) == 6  # none, and one by 0


def test_a_shifted_torgb_leaves_every_map(fast, monkeypatch):
    """Only the pictures from its block on are made anew."""
    incremental, ws = IncrementalSynthesis(fast), torch.randn(1, 6, 16)
    incremental(ws)
    made, original = [], fast.to_rgb
    monkeypatch.setattr(fast, "layer", None)
    monkeypatch.setattr(fast, "to_rgb", lambda b, *rest: made.append(b) or original(b, *rest))
    shift = torch.randn(1, fast.rgbs[1].weight.shape[1])
    incremental(ws, rgb_shifts=[None, shift, None])
    assert made == [1, 2]


def test_several_users_at_once(fast):
    incremental = IncrementalSynthesis(fast, 0.05)
    work = [step for seed in range(6) for step in edits(fast, 25, seed)]
    random.Random(0).shuffle(work)
    expected = [fast(ws, noise=noise) for ws, noise in work]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda step: incremental(step[0], noise=step[1]), work))
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert incremental.kept.bytes == sum(map(_bytes, incremental.kept._results.values()))


@pytest.mark.parametrize(
    ("row", "layers", "pictures"),
    [(0, 5, 3), (1, 4, 3), (2, 3, 2), (3, 2, 2), (4, 1, 1), (5, 0, 1)],
)
def test_only_what_lies_above_an_edit_is_computed(fast, monkeypatch, row, layers, pictures):
    incremental = IncrementalSynthesis(fast)
    ws = torch.randn(1, 6, 16)
    incremental(ws)
    calls = {"layer": 0, "to_rgb": 0}
    for name in calls:
        original = getattr(fast, name)

        def counted(*arguments, name=name, original=original):
            calls[name] += 1
            return original(*arguments)

        monkeypatch.setattr(fast, name, counted)
    ws = ws.clone()
    ws[:, row] += 1
    incremental(ws)
    assert calls == {"layer": layers, "to_rgb": pictures}
    incremental(ws)
    assert calls == {"layer": layers, "to_rgb": pictures}


def test_a_caller_may_change_its_picture(fast):
    incremental, ws = IncrementalSynthesis(fast), torch.randn(1, 6, 16)
    picture = incremental(ws)
    expected = picture.clone()
    with torch.inference_mode():
        picture.zero_()
    assert torch.equal(incremental(ws), expected)


def test_oldest_go_first():
    kept = Kept(3 * 400)
    for name in (b"a", b"b", b"c"):
        kept.put(name, torch.zeros(100))
    assert kept.get(b"a") is not None  # used again
    kept.put(b"d", torch.zeros(100))
    assert kept.get(b"b") is None
    assert len(kept) == 3
    assert kept.bytes == 1200
    kept.put(b"huge", torch.zeros(1000))
    assert kept.get(b"huge") is None
    assert len(kept) == 3
