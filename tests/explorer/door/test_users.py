"""The file of users: what is kept of a password, and what is refused."""

import hashlib
import io
import os
import stat
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer import users as command
from explorer.door import users
from explorer.door.users import DoorError, Users, fits, hashed, read_users, with_user, without_user

LINE = "scrypt$16384$8$1$" + "a" * 22 + "$" + "b" * 43


def test_a_hash_is_scrypts_with_a_salt_of_its_own():
    first, second = hashed("correct horse"), hashed("correct horse")
    assert first != second
    name, n, r, p, salt, key = first.split("$")
    again = hashlib.scrypt(
        b"correct horse", salt=users._bytes(salt), n=int(n), r=int(r), p=int(p), dklen=32
    )
    assert (name, users._bytes(key)) == ("scrypt", again)
    assert len(users._bytes(salt)) == 16
    assert int(n) * int(r) * 128 >= 16 << 20  # bytes that every guess takes


def test_only_the_password_fits():
    kept = hashed("correct horse")
    assert fits("correct horse", kept)
    assert not fits("correct horsf", kept)
    assert not fits("", kept)


def test_a_name_that_is_not_there_is_as_much_work(monkeypatch):
    made = []
    monkeypatch.setattr(users, "_scrypt", lambda *given: made.append(given[2:]) or bytes(32))
    assert not fits("anything", None)  # not even where the key would be that of nobody
    assert made == [(users._N, users._R, users._P)]


def test_letters_that_are_typed_in_another_way_are_the_same():
    kept = hashed(unicodedata.normalize("NFC", "Schädel-Übung"))
    assert fits(unicodedata.normalize("NFD", "Schädel-Übung"), kept)


def test_users_come_and_go(tmp_path):
    path = tmp_path / "users"
    with_user(path, "ada", "correct horse")
    with_user(path, "ben", "battery staple")
    with_user(path, "ada", "another horse")
    found = read_users(path)
    assert list(found) == ["ada", "ben"]
    assert fits("another horse", found["ada"])
    without_user(path, "ben")
    assert list(read_users(path)) == ["ada"]
    with pytest.raises(DoorError, match="has no such user"):
        without_user(path, "ben")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "there is no user in it"),
        ("# nobody\n\n", "there is no user in it"),
        ("ada:plain password\n", "line 1 is no new user's name:hash"),
        ("ada\n", "line 1"),
        ("a d a:scrypt$16384$8$1$" + "a" * 22 + "$" + "b" * 43, "line 1"),
        ("ada:scrypt$1048576$8$1$" + "a" * 22 + "$" + "b" * 43, "line 1"),  # a GiB each
        ("ada:scrypt$16383$8$1$" + "a" * 22 + "$" + "b" * 43, "line 1"),
        ("ada:scrypt$2$8$1$" + "a" * 22 + "$" + "b" * 43, "line 1"),
        (b"\xff\xfe", "it is no text"),
    ],
)
def test_what_is_no_file_of_users_is_told_with_the_remedy(tmp_path, content, says):
    path = tmp_path / "users"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DoorError, match=says) as told:
        read_users(path)
    assert f"python -m explorer.users {path} NAME" in str(told.value)
    with pytest.raises(DoorError, match="cannot be read"):
        read_users(tmp_path / "missing")


def test_two_lines_of_one_name_are_a_mistake(tmp_path):
    line = f"ada:{hashed('correct horse')}\n"
    (tmp_path / "users").write_text(line + line)
    with pytest.raises(DoorError, match="line 2"):
        read_users(tmp_path / "users")


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\nb", "x" * 41, "../x"])
def test_names_that_would_break_the_file(tmp_path, name):
    with pytest.raises(DoorError, match="a name has 1 to 40 letters"):
        with_user(tmp_path / "users", name, "correct horse")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1001])
def test_passwords_that_are_no_use(tmp_path, password):
    with pytest.raises(DoorError, match="at least 8 letters"):
        with_user(tmp_path / "users", "ada", password)


def test_a_program_that_runs_sees_changes_and_outlives_mistakes(tmp_path, monkeypatch):
    monkeypatch.setattr(users, "_LOOK", 0.0)
    path = tmp_path / "users"
    with_user(path, "ada", "correct horse")
    known = Users(path)
    with_user(path, "ben", "battery staple")
    assert known.hash_of("ben")
    without_user(path, "ada")
    assert known.hash_of("ada") is None
    path.write_text("half a li")
    assert known.hash_of("ben")
    path.unlink()
    assert known.hash_of("ben")


def test_the_last_one_who_is_taken_out_may_no_longer_log_in(tmp_path, monkeypatch):
    monkeypatch.setattr(users, "_LOOK", 0.0)
    path = tmp_path / "users"
    with_user(path, "ada", "correct horse")
    known = Users(path)
    without_user(path, "ada")
    assert known.hash_of("ada") is None
    with_user(path, "ben", "battery staple")  # as the error about an empty file says
    assert known.hash_of("ben")


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_comments_and_who_may_read_the_file_stay(tmp_path):
    path = tmp_path / "users"
    with_user(path, "ada", "correct horse")
    path.write_text("# class 7b\n\n" + path.read_text() + "# the end\n")
    path.chmod(0o640)
    with_user(path, "ben", "battery staple")
    with_user(path, "ada", "another horse")
    first, empty, ada, end, ben = path.read_text().splitlines()
    assert (first, empty, end) == ("# class 7b", "", "# the end")
    assert fits("another horse", ada.partition(":")[2])
    assert ben.startswith("ben:")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    without_user(path, "ada")
    assert path.read_text().splitlines() == [first, empty, end, ben]


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX's")
def test_users_added_at_one_time_are_all_there(tmp_path, monkeypatch):
    monkeypatch.setattr(users, "hashed", lambda password: LINE)  # quick enough to meet
    names = [f"n{k}" for k in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: with_user(tmp_path / "users", name, "correct horse"), names))
    assert sorted(read_users(tmp_path / "users")) == sorted(names)


def run(monkeypatch, *given: str, typed: str = "") -> int:
    monkeypatch.setattr(sys, "argv", ["users", *given])
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    return command.main()


def test_the_command_reads_draws_and_removes(tmp_path, monkeypatch, capsys):
    path = str(tmp_path / "users")
    assert run(monkeypatch, path, "ada", typed="correct horse\n") == 0
    assert run(monkeypatch, path, "ben", "cem", "--draw") == 0
    told = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    found = read_users(tmp_path / "users")
    assert fits("correct horse", found["ada"])
    assert told.keys() == {"ben", "cem"}
    assert fits(told["cem"], found["cem"])
    assert run(monkeypatch, path, "ada", "--remove") == 0
    assert "ada" not in read_users(tmp_path / "users")


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, str(tmp_path / "users"), "ada", typed="short\n") == 2
    assert run(monkeypatch, str(tmp_path / "none" / "users"), "ada", "--draw") == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["users", "users"]
    assert not (tmp_path / "users").exists()


def test_the_command_is_there(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "explorer.users", str(tmp_path / "users"), "ada"],
        input="correct horse", text=True, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "correct horse" not in (tmp_path / "users").read_text()
