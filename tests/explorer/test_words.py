"""The glossary: one meaning for each word, and every word said in its own words."""

from explorer.page.panels.words import words


def test_every_form_of_a_word_belongs_to_one_entry():
    forms = [form for entry in words() for form in (entry["term"], *entry["also"])]
    assert len(forms) == len(set(forms)) > 25
    for entry in words():
        assert set(entry) == {"term", "says", "also"}
        assert 20 < len(entry["says"]) < 200
        assert entry["says"].endswith((".", "?"))


def test_what_a_student_stumbles_over_is_there():
    known = {form for entry in words() for form in (entry["term"], *entry["also"])}
    wanted = "R² SeFa purity leakage w w+ z psi ψ PCA SD StyleSpace truncation correlation"
    assert set(wanted.split()) <= known
