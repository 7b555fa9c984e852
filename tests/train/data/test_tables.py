"""Tables of labels as programs write them: every spelling gives the classes it was made with."""

import json

import pytest

from tests.train.data.conftest import put
from train.data import DataConfig, load_slices
from train.data.files import open_source
from train.data.tables import read_rows
from train.usage import UsageError

PLAIN = "subject,diagnosis\nsub-001,AD\nsub-002,NC\nsub-003,AD\nsub-004,NC\n"


@pytest.fixture
def people(tmp_path):
    """Four people with three slices each."""
    for i in range(1, 5):
        for k in range(3):
            put(tmp_path / f"sub-00{i}" / f"s{k}.png", level=20 * i + k)
    return tmp_path


def classes_of(folder, content: bytes, name="table.csv", **options) -> list[str]:
    """The class of each person, in order."""
    (folder / name).write_bytes(content)
    config = DataConfig(labels=name, cache="none", **options)
    slices = load_slices(folder, 16, 1, config)
    told = dict(zip(slices.subjects, slices.labels.tolist(), strict=True))
    return [slices.classes[told[f"sub-00{i}"]] for i in range(1, 5)]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.replace(",", ";").replace("\n", "\r\n").encode("utf-8-sig"),
        ("sep=;\r\n" + PLAIN.replace(",", ";")).encode(),
        ('"sep=\t"\r\n' + PLAIN.replace(",", "\t")).encode("utf-16"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", ";M\xfcnchen\n").replace("diagnosis;M", "diagnosis;Gr\xf6\xdfe M")
        .replace(",", ";").encode("cp1252"),
        PLAIN.replace("subject", "Subject ID").replace("diagnosis", " Group ").encode(),
        PLAIN.replace("subject", "Participant-ID").replace("diagnosis", "DX").encode(),
        PLAIN.replace("sub-00", "").encode(),
        PLAIN.replace("sub-00", "00").encode(),
        PLAIN.replace("sub-001", "1.0").replace("sub-00", "").encode(),
        PLAIN.replace("sub-00", "sub-").encode(),
        (PLAIN + ",\n,\n").encode(),
    ],
    ids=["plain", "bom", "sep", "utf-16 sep", "utf-16", "big endian", "cp1252", "Subject ID",
         "Participant-ID", "1 for 001", "001", "1.0", "sub-1", "empty rows"],
)  # fmt: skip
def test_a_table_is_a_table(people, content):
    assert classes_of(people, content) == ["AD", "NC", "AD", "NC"]


def test_the_label_column_in_any_spelling(people):
    content = PLAIN.replace("diagnosis", "Clinical State").encode()
    assert classes_of(people, content, label_column="clinical state") == ["AD", "NC", "AD", "NC"]


def test_a_number_that_two_people_share_names_nobody(tmp_path):
    for name in ("sub-001", "IXI001", "IXI002", "IXI003"):
        put(tmp_path / f"{name}_a.png", level=1)
    (tmp_path / "t.csv").write_text("subject,label\n1,a\n2,b\n3,a\n")
    with pytest.raises(UsageError, match=r"001_a\.png: no class in t\.csv"):
        load_slices(tmp_path, 16, 1, DataConfig(labels="t.csv", cache="none"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["sub-001/s0.png,AD", "sub-001/s0.png,NC"], r"sub-001/s0\.png is AD and NC; keep one row"),
        (
            ["sub-001/s0.png,1", "sub-001/s0.png,2.0"],
            r"sub-001/s0\.png is 1 and 2\.0; keep one row",
        ),
        (
            ["s0.png,AD", "s1.png,NC", "s2.png,AD"],
            r"s0\.png fits 4 files \(sub-001/s0\.png, sub-00",
        ),
        (["s0,AD", "s1,NC", "s2,AD"], r"s0 fits 4 files .*; write it with its folder"),
    ],
)
def test_a_row_is_of_one_file_and_a_file_of_one_class(people, rows, message):
    with pytest.raises(UsageError, match=message) as caught:
        classes_of(people, "\n".join(["file,label", *rows]).encode())
    assert str(caught.value).startswith("--labels table.csv: ")


def test_a_file_of_two_people_is_told(people):
    rows = ["file,person,label", "sub-001/s0.png,ann,AD", "sub-001/s0.png,bob,AD"]
    with pytest.raises(UsageError, match=r"sub-001/s0\.png is of ann and bob; keep one row"):
        classes_of(people, "\n".join(rows).encode())


def test_a_row_with_a_persons_name_is_of_all_their_files(tmp_path):
    for name in ("sub-001", "sub-002"):
        for kind in ("T1", "T2"):
            put(tmp_path / kind / f"{name}.png", level=len(kind))
    (tmp_path / "t.csv").write_text("file,label\nsub-001,a\n002,b\n")
    slices = load_slices(tmp_path, 16, 1, DataConfig(labels="t.csv", cache="none"))
    assert slices.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("word", ["NA", "n/a", "NaN", ""])
def test_words_for_no_class(people, word):
    content = PLAIN.replace("sub-004,NC", f"sub-004,{word}").encode()
    with pytest.raises(UsageError, match=r"sub-004/s0\.png: no class in table\.csv") as caught:
        classes_of(people, content)
    assert not word or f", where {word} means none; mend" in str(caught.value)
    config = DataConfig(labels="table.csv", cache="none", skip_broken=True)
    slices = load_slices(people, 16, 1, config)
    assert slices.classes == ("AD", "NC")
    assert set(slices.subjects) == {"sub-001", "sub-002", "sub-003"}
    told = "3 no class in table.csv" + (f", where {word} means none" if word else "")
    assert f"left out 3 broken files: {told}; `inspect` names them all" in slices.notes


def test_one_number_is_one_class(people):
    rows = ["subject,label", "sub-001,1", "sub-002,2.0", "sub-003,1.0", "sub-004,2.0"]
    assert classes_of(people, "\n".join(rows).encode()) == ["1", "2.0", "1", "2.0"]
    rows += ["sub-001,1.0", "sub-003,1"]
    assert classes_of(people, "\n".join(rows).encode()) == ["1", "2.0", "1", "2.0"]


@pytest.mark.parametrize("column", ["file", "id"])
def test_files_named_as_on_windows(people, column):
    rows = [f"sub-00{i}\\s{k}.png;{'AD' if i % 2 else 'NC'}" for i in range(1, 5) for k in range(3)]
    content = "\r\n".join([f"{column};label", *rows]).encode("utf-8-sig")
    assert classes_of(people, content) == ["AD", "NC", "AD", "NC"]


@pytest.mark.parametrize("column", ["subject", "file"])
def test_rows_that_name_nobody_are_left_alone(people, column):
    content = PLAIN.replace("subject", column) + ",AD\n,NC\n"
    assert classes_of(people, content.encode()) == ["AD", "NC", "AD", "NC"]
    slices = load_slices(people, 16, 1, DataConfig(labels="table.csv", cache="none"))
    assert "left 2 rows of table.csv that name no file or person alone" in slices.notes


def test_letters_are_not_overlooked(people):
    """CON001 is not sub-001."""
    with pytest.raises(UsageError, match="no class in"):
        classes_of(people, PLAIN.replace("sub-", "CON").encode())


def test_numeric_classes_come_in_their_order(tmp_path):
    rows = ["file,label"]
    for i in range(12):
        put(tmp_path / f"s{i}.png", level=i)
        rows.append(f"s{i}.png,{i}")
    (tmp_path / "t.csv").write_text("\n".join(rows))
    slices = load_slices(tmp_path, 16, 1, DataConfig(labels="t.csv", cache="none"))
    assert slices.classes == tuple(map(str, range(12)))


PACKED = [[f"00000/img0000000{i}.png", i % 2] for i in range(4)]


@pytest.mark.parametrize(
    "labels",
    [
        PACKED,
        [[name.replace("/", "\\"), label] for name, label in PACKED],
        [[name, [1 - label, label]] for name, label in PACKED],
        [[name, [1.0 - label, float(label)]] for name, label in PACKED],
        [[name, float(label)] for name, label in PACKED],
        dict(PACKED),
    ],
    ids=["pairs", "backslashes", "one-hot", "one-hot floats", "floats", "table"],
)
def test_labels_of_the_data_set_tool(tmp_path, labels):
    for name, label in PACKED:
        put(tmp_path / name, level=100 * label + 50)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    slices = load_slices(tmp_path, 16, 1, DataConfig(labels="dataset.json", cache="none"))
    assert slices.classes == ("0", "1")
    assert [int(x > 100) for x in slices.images[:, 0].mean(axis=(1, 2))] == slices.labels.tolist()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("dataset.json", b'{"labels": null}', "holds no labels; leave --labels out"),
        ("dataset.json", b'{"labels": []}', "holds no labels"),
        ("dataset.json", b"[1, 2]", "holds no labels"),
        ("dataset.json", b'{"labels": [["a.png"]]}', "expected"),
        ("dataset.json", b'{"labels": "all"}', "expected"),
        ("dataset.json", b'{"labels": [["a.png", [0.2, 0.7]]]}', "a list of numbers where"),
        ("dataset.json", b'{"labels": [["a.png", []]]}', "a list of numbers where"),
        ("dataset.json", b'{"labels": [["a.png", {"x": 1}]]}', "is no class"),
        ("dataset.json", b'{"labels": [["a.png", 0', "not a whole JSON file"),
        ("dataset.json", b"[" * 100_000, "not a whole JSON file"),
        ("t.xlsx", b"PK\x03\x04whatever", "a workbook, not a table; save the sheet as CSV"),
        ("t.csv", b"\xff\xfe\x00", "damaged utf-16"),
        ("t.csv", b"a\x00b\x00,\x00", "not a text"),
        ("t.csv", b"", "no column label"),
    ],
)  # fmt: skip
def test_what_is_no_table(tmp_path, name, content, message):
    put(tmp_path / "a.png", level=1)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        load_slices(tmp_path, 16, 1, DataConfig(labels=name, cache="none"))
    assert f"--labels {name}" in str(caught.value)
    assert "Error" not in str(caught.value)


def test_rows_have_plain_keys(tmp_path):
    (tmp_path / "t.csv").write_text("File Name , Subject.ID\n a.png ,7\n")
    assert read_rows(open_source(tmp_path), "t.csv") == [{"file_name": "a.png", "subject_id": "7"}]


def test_ids_of_rows_are_nobodys(people):
    """Beside a column that names people a column `id` only numbers the rows."""
    rows = [f"{i},{row}" for i, row in enumerate(PLAIN.splitlines()[:0:-1], 1)]
    assert classes_of(people, "\n".join(["id,subject,diagnosis", *rows]).encode()) == [
        "AD", "NC", "AD", "NC",
    ]  # fmt: skip


def test_ids_of_people_are_not_taken_for_numbers_of_slices(tmp_path):
    for person in ("001", "002", "003"):
        for k in ("001", "002", "003"):
            put(tmp_path / person / f"{k}.png", level=20 * int(person) + int(k))
    (tmp_path / "t.csv").write_text("id,diagnosis\n001,AD\n002,CN\n003,MCI\n")
    config = DataConfig(labels="t.csv", cache="none", subject_pattern=r"^(\d+)/")
    slices = load_slices(tmp_path, 16, 1, config)
    told = {(s, slices.classes[c]) for s, c in zip(slices.subjects, slices.labels, strict=True)}
    assert told <= {("001", "AD"), ("002", "CN"), ("003", "MCI")}
    assert len(told) == len(set(slices.subjects))


def test_ids_of_files_name_files(people):
    rows = [f"sub-00{i}/s{k}.png,{'AD' if k else 'NC'}" for i in range(1, 5) for k in range(3)]
    (people / "t.csv").write_text("\n".join(["id,label", *rows]))
    slices = load_slices(people, 16, 1, DataConfig(labels="t.csv", cache="none"))
    first = [name.endswith("s0.png") for name in slices.names]
    assert [slices.classes[c] == "NC" for c in slices.labels] == first
