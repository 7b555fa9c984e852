"""The trees that people really have: the course layouts, BIDS, tables beside folders."""

import nibabel
import numpy as np
import pytest

from tests.train.data.conftest import put
from train.data import DataConfig, load_both, load_slices
from train.data.inspect import facts_of, look
from train.data.splits import hold_out, split_of
from train.usage import UsageError


def test_the_oasis_course_layout(keras):
    train = load_slices(keras, 16, 1)
    assert train.subjects == ("case_001",) * 2 + ("case_002",) * 2 + ("case_003",) * 2
    held_out = load_slices(keras, 16, 1, split="held_out")
    assert set(held_out.subjects) == {"case_004"}  # validate before test
    test = load_slices(keras, 16, 1, DataConfig(held_out="test"), "held_out")
    assert set(test.subjects) == {"case_005", "case_006"}
    assert len(load_slices(keras, 16, 1, split=None)) == 12
    assert "left 12 segmentation masks alone" in train.notes


def test_the_adni_course_layout(ad_nc):
    config = DataConfig(labels="folders", fit="pad")
    slices = load_slices(ad_nc, 64, 1, config)
    assert slices.classes == ("AD", "NC")
    assert slices.labels.tolist() == [0] * 6 + [1] * 3
    assert set(slices.subjects) == {"218391", "218392", "808819"}
    held_out = load_slices(ad_nc, 64, 1, config, "held_out")
    assert set(held_out.subjects) == {"388206", "1182968"}
    assert held_out.labels.tolist() == [0] * 3 + [1] * 3
    assert (slices.images[:, :, :1] == 0).all()
    with pytest.raises(
        UsageError,
        match=r"256x240 is not square; --fit pad keeps everything "
        r"\(8 px of black above and below\), --fit crop cuts 8 px left and right",
    ):
        load_slices(ad_nc, 64, 1)


def test_adni_as_png_has_its_classes_above_the_people(tmp_path):
    for name, people in {"AD": ("002_S_0413",), "NC": ("003_S_1000", "003_S_1001")}.items():
        for person in people:
            put(tmp_path / "train" / name / person / f"{person}_slice_000.png")
    slices = load_slices(tmp_path, 16, 1, DataConfig(labels="folders"))
    assert slices.classes == ("AD", "NC")
    assert slices.subjects == ("002_S_0413", "003_S_1000", "003_S_1001")


FEW = {"slice_from": -4, "slice_to": 4, "slice_step": 4}


def test_bids(bids):
    config = DataConfig(labels="participants.tsv", **FEW)
    slices = load_slices(bids, 32, 1, config)
    assert slices.subjects == ("sub-01",) * 3 + ("sub-02",) * 3 + ("sub-03",) * 3
    assert slices.classes == ("control", "patient")
    assert slices.labels.tolist() == [0] * 3 + [1] * 3 + [0] * 3
    assert "left 3 scans other than T1w alone; see --modality" in slices.notes
    assert "left 3 files in derivatives and sourcedata alone" in slices.notes
    flair = load_slices(bids, 32, 1, DataConfig(modality="FLAIR", **FEW))
    assert len(flair) == 9
    with pytest.raises(UsageError, match="--modality T2w: there is none; the data has FLAIR, T1w"):
        load_slices(bids, 32, 1, DataConfig(modality="T2w", **FEW))


def test_what_was_derived_is_left_alone_at_any_depth(bids, tmp_path):
    (tmp_path / "study").mkdir()
    bids.rename(tmp_path / "study" / "bids")
    slices = load_slices(tmp_path, 32, 1, DataConfig(**FEW))
    assert slices.subjects == ("sub-01",) * 3 + ("sub-02",) * 3 + ("sub-03",) * 3
    assert "left 3 files in derivatives and sourcedata alone" in slices.notes
    only = load_slices(tmp_path / "study" / "bids" / "derivatives", 32, 1, DataConfig(**FEW))
    assert len(only) == 9  # who gives them wants them


def test_classes_from_a_table_with_files(tmp_path):
    for i in range(4):
        put(tmp_path / "data" / f"{i}.png", level=i * 10)
    table = tmp_path / "labels.csv"
    table.write_text("\ufefffile;diagnosis;subject\n0.png;b;P\n1.png;a;P\n2;a;Q\n3.png;b;Q\n")
    slices = load_slices(tmp_path / "data", 16, 1, DataConfig(labels=str(table)))
    assert slices.classes == ("a", "b")
    assert slices.labels.tolist() == [1, 0, 0, 1]
    assert slices.subjects == ("P", "P", "Q", "Q")
    other = DataConfig(labels=str(table), label_column="subject")
    assert load_slices(tmp_path / "data", 16, 1, other).classes == ("P", "Q")


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("file,label\n0.png,a\n1.png,b\n", {}, r"2\.png: no class in labels\.csv"),
        ("file,age\n0.png,1\n", {}, "no column label; give --label-column one of file, age"),
        ("file,label\n", {}, "give --label-column one of none, the file is empty"),
        ("label\na\n", {}, "needs a column `file` or `subject`; it has label"),
        ("subject,label\n1,a\n1,b\n", {}, "1 is a and b; a person has one class"),
        ("file,label\n0.png,a\n1.png,a\n2.png,a\n", {}, "1 class.es.; give a column"),
        ("file,label\n0.png,a\n", {"label_column": "sex"}, "no column sex; give --label-column"),
        (b"\xff\xfe\x00", {}, "not a readable table"),
        ("file,label\n0.png,a\n1.png,b,c\n", {}, "row 2 has more values than there are columns"),
    ],
)
def test_tables_that_do_not_do(tmp_path, text, options, message):
    for i in range(3):
        put(tmp_path / "data" / f"{i}.png")
    table = tmp_path / "labels.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=message):
        load_slices(tmp_path / "data", 16, 1, DataConfig(labels=str(table), **options))


def test_a_table_whose_rows_end_in_commas(tmp_path):
    for i in range(2):
        put(tmp_path / "data" / f"{i}.png")
    (tmp_path / "data" / "labels.csv").write_text("file,label\n0.png,a,\n1.png,b,,\n")
    slices = load_slices(tmp_path / "data", 16, 1, DataConfig(labels="labels.csv"))
    assert slices.classes == ("a", "b")


def test_files_without_a_class_can_be_left_out(tmp_path):
    for i in range(3):
        put(tmp_path / "data" / f"{i}.png")
    (tmp_path / "data" / "labels.csv").write_text("file,label\n0.png,a\n1.png,b\n2.png,n/a\n")
    slices = load_slices(
        tmp_path / "data", 16, 1, DataConfig(labels="labels.csv", skip_broken=True)
    )
    assert (len(slices), slices.skipped) == (2, ("2.png",))
    with pytest.raises(UsageError, match=r"--labels absent\.csv: neither none, folders, a file"):
        load_slices(tmp_path / "data", 16, 1, DataConfig(labels="absent.csv"))


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train/a.png", "train"), ("Training/a.png", "train"), ("x/val/a.png", "val"),
        ("validation/a.png", "val"), ("keras_png_slices_validate/a.png", "val"),
        ("data-test/a.png", "test"), ("train/test/a.png", "train"), ("trainer/a.png", None),
        ("latest/a.png", None), ("train.png", None), ("sub-01/ses-test/a.png", None),
        ("sub-train/anat/a.png", None), ("test/sub-01/ses-retest/a.png", "test"),
    ],
)  # fmt: skip
def test_folders_that_name_a_split(name, split):
    assert split_of(name) == split


@pytest.mark.parametrize("top", ["brains_test", "slices-val", "train"])
def test_the_folder_around_everything_names_no_split(tmp_path, top):
    for name in ("train/sub-1_z1.png", "train/sub-2_z1.png", "val/sub-3_z1.png"):
        put(tmp_path / top / name)
    assert load_slices(tmp_path, 16, 1).subjects == ("sub-1", "sub-2")
    assert load_slices(tmp_path, 16, 1, split="held_out").subjects == ("sub-3",)


def test_only_a_held_out_folder(tmp_path):
    for i in range(4):
        put(tmp_path / f"sub-{i}_z1.png")
    put(tmp_path / "val" / "sub-9_z1.png")
    assert len(load_slices(tmp_path, 16, 1)) == 4
    assert load_slices(tmp_path, 16, 1, split="held_out").subjects == ("sub-9",)
    put(tmp_path / "train" / "sub-7_z1.png")
    slices = load_slices(tmp_path, 16, 1)
    assert slices.subjects == ("sub-7",)
    assert "left 4 files outside the folders of the splits alone" in slices.notes


def test_a_person_on_both_sides_is_refused(tmp_path):
    for name in ("train/sub-1_a.png", "train/sub-2_a.png", "val/sub-2_b.png"):
        put(tmp_path / name)
    with pytest.raises(UsageError, match=r"1 person in .* held-out folder \(sub-2\)"):
        load_slices(tmp_path, 16, 1)
    slices = load_slices(tmp_path, 16, 1, DataConfig(allow_shared_subjects=True))
    assert len(slices) == 2


def test_people_are_held_out_where_no_folder_says_whom(tmp_path):
    for i in range(20):
        for z in range(3):
            put(tmp_path / f"sub-{i:02d}_z{z}.png")
    train, held_out = (load_slices(tmp_path, 16, 1, split=s) for s in ("train", "held_out"))
    assert (len(train), len(held_out)) == (54, 6)
    assert not set(train.subjects) & set(held_out.subjects)
    assert "holds 2 of 20 people out for judging; see --val-fraction" in train.notes
    everything = load_slices(tmp_path, 16, 1, DataConfig(val_fraction=0))
    assert len(everything) == 60
    with pytest.raises(UsageError, match="nobody is held out"):
        load_slices(tmp_path, 16, 1, DataConfig(val_fraction=0), "held_out")


def chosen(people: list[str]) -> list[str]:
    """Those who would be held out, a tenth."""
    splits = hold_out(people, [None] * len(people), 0.1)
    return [person for person, split in zip(people, splits, strict=True) if split == "val"]


def test_only_people_with_a_class_are_chosen_to_be_held_out(tmp_path):
    people = [f"sub-{i:02d}" for i in range(20)]
    rows = ["subject,height"]
    for i, person in enumerate(people):
        put(tmp_path / f"{person}_z0.png")
        if person not in chosen(people):
            rows.append(f"{person},{i}")
    (tmp_path / "t.csv").write_text("\n".join(rows))
    config = DataConfig(
        labels="t.csv", label_column="height", ordered=3, skip_broken=True, cache="none"
    )
    train, held_out = load_both(tmp_path, 16, 1, config)
    assert (len(train), len(held_out)) == (16, 2)
    assert "holds 2 of 18 people out for judging; see --val-fraction" in train.notes


def test_how_many_are_held_out_is_told_of_what_was_read(tmp_path):
    people = [f"sub-{i:02d}" for i in range(20)]
    for person in people:
        put(tmp_path / f"{person}_z0.png")
    config = DataConfig(skip_broken=True, cache="none")
    one, other = chosen(people)
    (tmp_path / f"{one}_z0.png").write_bytes(b"broken")
    train, held_out = load_both(tmp_path, 16, 1, config)
    assert held_out.subjects == (other,)
    assert "holds 1 of 19 people out for judging; see --val-fraction" in train.notes
    assert look(tmp_path, config).people_in["val"] == {other}
    (tmp_path / f"{other}_z0.png").write_bytes(b"broken")
    train, held_out = load_both(tmp_path, 16, 1, config)
    assert (len(train), held_out) == (18, None)
    told = [note for note in train.notes if "held out" in note or "holds" in note]
    assert len(told) == 1
    assert told[0].startswith("nobody is held out: every file of those who were chosen is broken")
    assert told[0] in facts_of(look(tmp_path, config))["notes"]


def test_few_or_unknown_people_are_all_trained_on(tmp_path):
    for i in range(9):
        put(tmp_path / "few" / f"sub-{i}_z0.png")
    for i in range(30):
        put(tmp_path / "unknown" / f"slice_{i:03d}.png")
    few, unknown = (load_slices(tmp_path / name, 16, 1) for name in ("few", "unknown"))
    assert (len(few), len(unknown)) == (9, 30)
    assert any("only 9 people" in note for note in few.notes)
    assert any("the names do not tell" in note for note in unknown.notes)


def test_who_is_held_out_hardly_changes_when_people_join():
    people = [f"sub-{i}" for i in range(50)]

    def held(people):
        splits = hold_out(people, [None] * len(people), 0.2)
        return {person for person, split in zip(people, splits, strict=True) if split == "val"}

    before, after = held(people), held([*people, "sub-new"])
    assert len(before) == 10
    assert len(before & after) >= 9


def test_names_that_are_no_utf8_are_held_out_like_others():
    people = [f"sub-{i}\udcff" for i in range(12)]
    assert hold_out(people, [None] * 12, 0.1).count("val") == 1


def test_the_last_of_a_class_is_never_held_out():
    people = [f"sub-{i}" for i in range(12)]
    labels = ["rare" if i == 3 else "common" for i in range(12)]
    held = {p for p, s in zip(people, hold_out(people, labels, 0.9), strict=True) if s == "val"}
    assert len(held) == 10  # eleven were asked for
    assert "sub-3" not in held


def test_where_each_is_the_last_of_a_class_nobody_is_held_out(tmp_path):
    for i in range(12):
        put(tmp_path / f"c{'abcdefghijkl'[i]}" / f"sub-{i:02d}_z0.png")
    train, held_out = load_both(tmp_path, 16, 1, DataConfig(labels="folders", cache="none"))
    assert held_out is None
    assert "nobody is held out: each is the last of a class" in train.notes


def test_a_class_whose_every_file_is_broken_is_none(tmp_path):
    for name in ("a/sub-1_z0.png", "b/sub-2_z0.png", "c/sub-3_z0.png", "c/sub-4_z0.png"):
        put(tmp_path / name)
    (tmp_path / "b" / "sub-2_z0.png").write_bytes(b"broken")
    config = DataConfig(labels="folders", skip_broken=True, cache=str(tmp_path / ".cache"))
    for _ in range(2):  # decoded, and from the cache
        slices = load_slices(tmp_path, 16, 1, config)
        assert slices.classes == ("a", "c")
        assert slices.labels.tolist() == [0, 1, 1]
        assert "left class b out: every file of it is broken" in slices.notes
    (tmp_path / "a" / "sub-1_z0.png").write_bytes(b"broken")
    with pytest.raises(UsageError, match=r"--labels folders: 1 class\(es\)"):
        load_slices(tmp_path, 16, 1, config)


def test_a_class_without_training_slices(tmp_path):
    for name in ("train/a/1.png", "train/b/2.png", "val/c/3.png"):
        put(tmp_path / name)
    with pytest.raises(UsageError, match="no training slices of class c"):
        load_slices(tmp_path, 16, 1, DataConfig(labels="folders"))


@pytest.mark.parametrize(("axes", "dtype"), [("RAS", "u1"), ("LAS", "u1"), ("LPS", "i2")])
def test_one_nifti_stack_with_a_table(tmp_path, axes, dtype):
    """As PACGAN keeps ADNI: slices of many people along the third axis, their rows in order."""
    stack = np.zeros((16, 16, 5), dtype)
    for i in range(5):
        stack[:, 8:, i] = 10 * i + 50  # bright in front
        stack[8:, 8:, i] += 100  # more so on the subject's right
    image = nibabel.Nifti1Image(stack, np.eye(4))
    codes = nibabel.orientations.axcodes2ornt
    turn = nibabel.orientations.ornt_transform(codes("RAS"), codes(axes))
    array = nibabel.orientations.apply_orientation(stack, turn)
    affine = image.affine @ nibabel.orientations.inv_ornt_aff(turn, stack.shape)
    nibabel.Nifti1Image(array, affine).to_filename(tmp_path / "slices.nii.gz")
    (tmp_path / "labels.csv").write_text(
        "ID,Label,Subject_ID\n10,AD,s1\n11,NC,s2\n12,AD,s1\n13,NC,s2\n14,NC,s3\n"
    )
    slices = load_slices(tmp_path, 16, 1, DataConfig(labels="labels.csv"))
    assert slices.subjects == ("s1", "s2", "s1", "s2", "s3")
    assert slices.classes == ("AD", "NC")
    assert slices.labels.tolist() == [0, 1, 0, 1, 1]
    assert np.array_equal(load_slices(tmp_path, 16, 1).images, slices.images)
    first = slices.images[0, 0].astype(int)
    assert (first[8:] == 0).all()
    assert (first[:8, :8] > first[:8, 8:]).all()  # front up, the subject's right on the left
    levels = slices.images[:, 0, 0, 8].astype(int)
    assert (np.diff(levels) > 0).all()
    if dtype == "u1":
        assert levels.tolist() == [50, 60, 70, 80, 90]
    (tmp_path / "labels.csv").write_text("ID,Label,Subject_ID\n10,AD,s1\n")
    with pytest.raises(
        UsageError, match=r"no slice .* holds any head"
    ):  # then it is an (odd) volume
        load_slices(tmp_path, 16, 1, DataConfig(slice_from=60, slice_to=70))


def test_folders_of_classes_that_look_like_people_are_told(tmp_path):
    for grade in (1, 2, 3):
        put(tmp_path / f"grade{grade}" / f"img{'abc'[grade - 1]}.png", level=50 * grade)
    with pytest.raises(UsageError, match=r"grade1, grade2, grade3.* taken for people"):
        load_slices(tmp_path, 16, 1, DataConfig(labels="folders", cache="none"))


def test_a_picture_beside_the_folders_of_classes_is_told(tmp_path):
    for name in ("ad/a.png", "ad/b.png", "cn/c.png", "cn/d.png", "e.png"):
        put(tmp_path / name, level=50)
    with pytest.raises(UsageError, match=r"e\.png lies in no folder of a class"):
        load_slices(tmp_path, 16, 1, DataConfig(labels="folders", cache="none"))
