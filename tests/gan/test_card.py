"""What makes pictures on a card, on the processor in a card's place."""

import pytest
import torch

from gan import Generator, card
from gan.card import CardError, CardSynthesis, home, pick, place
from gan.fast import elsewhere, for_many
from gan.picture import to_uint8
from gan.resample import upsample2d
from gan.trace import trace

CPU = torch.device("cpu")


@pytest.fixture
def ws(tiny_generator):
    return tiny_generator.broadcast(tiny_generator.mapping(torch.randn(3, 16)))


def arguments_of(generator: Generator) -> dict:
    synthesis = generator.synthesis
    noise = [torch.randn(1, 1, layer.resolution, layer.resolution) for layer in synthesis.layers]
    noise[2] = None
    shifts = [None, torch.randn(1, len(synthesis.layers[1].affine.weight)), *[None] * 3]
    rgb_shifts = [torch.randn(1, len(synthesis.b4.torgb.affine.weight)), None, None]
    return {"noise": noise, "shifts": shifts, "rgb_shifts": rgb_shifts}


def test_its_pictures_are_the_networks(tiny_generator, ws):
    synthesis, there = tiny_generator.synthesis, CardSynthesis(tiny_generator.synthesis, CPU)
    for mode in ("const", "none"):
        assert torch.equal(there(ws, mode), synthesis(ws, mode))
    given = arguments_of(tiny_generator)
    assert torch.equal(there(ws, **given), synthesis(ws, **given))
    assert not torch.equal(there(ws, "random"), there(ws, "random"))
    with pytest.raises(ValueError, match="ws: expected"):
        there(ws[:, 1:])


def test_it_stops_at_a_smaller_picture(tiny_generator, ws):
    there, asked = CardSynthesis(tiny_generator.synthesis, CPU), []

    def choose(costs: dict[int, float]) -> int:
        asked.append(costs)
        return 8

    found = there(ws, choose=choose)
    noise = [layer.noise_const[None, None] for layer in tiny_generator.synthesis.layers]
    parts = trace(tiny_generator.synthesis, ws, noise)[1][:2]
    assert found.shape == (3, 1, 8, 8)
    assert torch.allclose(found, upsample2d(parts[0]) + parts[1], atol=1e-6)
    (costs,) = asked
    assert list(costs) == [4, 8, 16]
    assert costs[16] == tiny_generator.config.multiplications


def test_half_precision_only_where_it_changes_nothing_to_see(monkeypatch, tiny_generator, ws):
    monkeypatch.setattr(card, "_LEAST", 0)
    calm = CardSynthesis(tiny_generator.synthesis, CPU)
    calm.settle(ws)
    assert calm.dtype == torch.float16
    changed = card._apart(to_uint8(calm.network(ws, "const")), to_uint8(calm(ws)))
    monkeypatch.setattr(card, "_HALF", changed - 1)
    strict = CardSynthesis(tiny_generator.synthesis, CPU)
    strict.settle(ws)
    assert strict.dtype == torch.float32


def test_small_networks_keep_float32(tiny_generator, ws):
    there = CardSynthesis(tiny_generator.synthesis, CPU)
    there.settle(ws)
    assert there.dtype == torch.float32


def test_a_placed_network_draws_there_for_everybody(tiny_generator, ws):
    synthesis = tiny_generator.synthesis
    assert elsewhere(synthesis) is None
    assert home(synthesis) is synthesis
    there = place(tiny_generator, CPU)
    assert for_many(synthesis) is there
    assert elsewhere(synthesis) is there
    assert home(synthesis) is there.network is not synthesis


def test_a_card_that_draws_otherwise_is_refused(monkeypatch, tiny_generator):
    make = CardSynthesis._make
    monkeypatch.setattr(CardSynthesis, "_make", lambda self, *call: make(self, *call) + 0.1)
    with pytest.raises(CardError, match=r"differ .* by 1[23] grey levels .* --device cpu"):
        place(tiny_generator, CPU)
    assert elsewhere(tiny_generator.synthesis) is None


def test_a_full_card_is_told_in_words(monkeypatch, tiny_generator, ws):
    there = CardSynthesis(tiny_generator.synthesis, CPU)

    def full(*call):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(there, "_make", full)
    with pytest.raises(CardError, match="memory is full"):
        there(ws)


def test_picking(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [pick(name).type for name in ("auto", "cpu", "mps")] == ["cpu", "cpu", "mps"]
    with pytest.raises(CardError, match="--device cuda: torch finds none"):
        pick("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick("auto").type == "cuda"
