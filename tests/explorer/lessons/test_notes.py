"""The teacher's notes: every answer of every lesson on a model."""

import json
import re

from explorer.lessons.__main__ import main, notes
from explorer.lessons.draft import Draft
from explorer.lessons.teacher import Teacher
from tests.explorer.lessons.test_reading import GOOD

OWN = {
    "title": "How much?", "about": "A question.", "facts": [
        {"name": "zs", "measure": "size", "what": "z_dim"},
        {"name": "none", "measure": "variety", "psi": 0, "brains": 2},
        {"name": "some", "measure": "variety", "psi": 1, "brains": 2},
    ],
    "steps": [
        {"title": "Count", "text": ["z"], "question": {"ask": "How many numbers?", "fact": "zs"}},
        {"title": "Vary", "text": ["w"], "explain": ["z has {zs}."],
         "predict": {"ask": "Which varies?", "right": "largest", "choices": [
             {"text": "psi 0", "fact": "none"}, {"text": "psi 1", "fact": "some"}]}},
        {"title": "See", "needs": ["evaluation"], "text": ["e"]},
    ],
}  # fmt: skip


def test_every_question_has_its_answer(model):
    text = "\n".join(notes(Teacher(model, {"mine": Draft.read(OWN)}), model))
    assert "## How much? (" in text
    assert "Question: How many numbers? *16*" in text
    assert re.search(r"Guess: Which varies\? \*psi 1\* \(psi 0: 0.*; psi 1: ", text)
    assert "Told: z has 16." in text
    assert "3. **See** This step is left out: there is no evaluation.json" in text


def test_what_cannot_be_used_is_a_line(tmp_path, capsys):
    assert main([str(tmp_path / "no.safetensors")]) == 2
    assert "no.safetensors: no such file" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text(json.dumps(GOOD | {"title": 3}))
    assert main(["--lessons", str(tmp_path)]) == 2
    assert "bad.json: title" in capsys.readouterr().err
