"""Sessions: known in every replica, and to nobody who makes one up."""

import base64

import pytest

from explorer.door.sessions import COOKIE, Sessions, cookie, cookie_in

SECRET = b"s" * 32


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def sessions(secret=SECRET, users=None, clock=None) -> Sessions:
    return Sessions(secret, ({"ada": "hash"} if users is None else users).get, clock or Clock())


def test_every_replica_of_one_secret_knows_it():
    token = sessions().begin("ada")
    found = sessions().find(token)
    assert found.user == "ada"
    assert found == sessions().find(token)
    assert sessions(b"t" * 32).find(token) is None


def test_each_is_its_own():
    mine = sessions()
    assert mine.find(mine.begin("ada")).id != mine.find(mine.begin("ada")).id


def test_it_ends_with_time_with_the_user_and_with_the_password():
    clock = Clock()
    token = sessions(clock=clock).begin("ada")
    assert sessions(users={}).find(token) is None
    assert sessions(users={"ada": "new"}).find(token) is None
    clock.now += 12 * 3600 - 1
    assert sessions(clock=clock).find(token)
    clock.now += 1
    assert sessions(clock=clock).find(token) is None


def test_who_logs_out_is_out():
    mine = sessions()
    token, other = mine.begin("ada"), mine.begin("ada")
    mine.end(mine.find(token))
    assert mine.find(token) is None
    assert mine.find(other)


def test_nothing_of_it_can_be_changed():
    users = {"ada": "hash", "adb": "hash"}
    mine = sessions(users=users)
    key, ends, name, signed = mine.begin("ada").split(".")
    other = base64.urlsafe_b64encode(b"adb").decode().rstrip("=")
    for made_up in (
        f"{key}.{ends}.{other}.{signed}",
        f"{key}.{int(ends) + 1}.{name}.{signed}",
        f"x{key}.{ends}.{name}.{signed}",
        f"{key}.{ends}.{name}.",
        f"{key}.{ends}.{name}.{signed[:-1]}",
    ):
        assert mine.find(made_up) is None
    assert mine.find(f"{key}.{ends}.{name}.{signed}")


@pytest.mark.parametrize("value", ["", ".", "...", "a.b.c.d", "a.1.YWRh.é", "é.1.é.é", "a" * 5000])
def test_whatever_is_sent_is_no_session(value):
    assert sessions().find(value) is None


def test_the_cookie_is_out_of_reach_for_scripts_and_other_pages():
    plain = cookie("value", "", secure=False).decode()
    assert plain.startswith(f"{COOKIE}=value; Path=/; HttpOnly; SameSite=Lax; Max-Age=")
    assert "Secure" not in plain
    assert cookie("value", "/brains", secure=True).decode().endswith("; Secure")
    assert "Path=/brains;" in cookie("value", "/brains", secure=True).decode()
    assert "Max-Age=0" in cookie("", "", secure=False).decode()


def test_it_is_found_among_other_cookies():
    headers = [(b"cookie", f"a=b; {COOKIE}=x.y=z; other={COOKIE}=no".encode())]
    assert cookie_in(headers) == "x.y=z"
    assert cookie_in([(b"cookie", b"a=b"), (b"host", b"x")]) == ""
