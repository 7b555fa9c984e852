"""Scans of several users: apart, bounded, forgotten, projected in turns and stopped."""

import base64
import json
import threading
import time

import numpy as np
import pytest

from explorer.knowledge.reference import Reals
from explorer.page.panels.scan.answers import projecting
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools import projection, scan_room
from explorer.tools.projection import Effort
from explorer.tools.scan_room import ScanRoom
from explorer.tools.scans.framing import Placing
from explorer.work.asker import asker
from tests.explorer.knowledge.test_reference import make
from tests.explorer.tools.scans.files import dicom, head, image_bytes, volume

CONTENT = image_bytes(head())
LONG = Effort(100_000, 0)


@pytest.fixture(autouse=True)
def _anything(monkeypatch):
    """Random weights make no heads: nothing is refused unless a test is about that."""
    monkeypatch.setattr(projection, "_LEAST_ALIKE", -1.0)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def room(model, clock):
    room = ScanRoom(model, clock)
    yield room
    for key in list(room._visits):
        room.forget(key)


def bring(room, content=CONTENT) -> str:
    key = room.open([len(content)])
    assert room.send(key, content) is not None
    return key


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_scan_comes_in_pieces_and_is_projected(room, model):
    key = room.open([len(CONTENT)])
    assert room.send(key, CONTENT[:100]) is None
    with pytest.raises(RecipeError, match="not whole"):
        room.prepare(key, Placing())
    assert room.send(key, CONTENT[100:]).slices.shape == (1, 64, 64)
    target = room.prepare(key, Placing())
    assert target.shape == (16, 16)
    room.start(key, Placing(), Effort(5, 5))
    job = room.job(key)
    wait_for(lambda: job.ended)
    assert job.problem is None
    assert len(job.curve) == 11
    assert np.array_equal(job.result.target, target)
    assert np.array_equal(job.result.picture, render(model, job.result.recipe))
    assert 0 <= job.result.rarer <= 100
    assert job.results == 1


def test_the_best_so_far_is_shown_and_stays_when_stopped(room, model, monkeypatch):
    monkeypatch.setattr(scan_room, "_SHOWN", 0.0)
    key = bring(room)
    room.start(key, Placing(), LONG)
    job = room.job(key)
    wait_for(lambda: job.results > 2)
    assert not job.ended
    job.cancel()
    wait_for(lambda: job.ended)
    assert job.problem is None
    assert np.array_equal(job.result.picture, render(model, job.result.recipe))


def test_what_is_no_head_is_refused_before_any_step(room, monkeypatch):
    key = bring(room, image_bytes(np.full((64, 64), 90, np.uint8) + np.eye(64, dtype=np.uint8)))
    monkeypatch.setattr(projection, "_LEAST_ALIKE", 0.99)
    with pytest.raises(RecipeError, match="no head that the model makes: there is no black"):
        room.start(key, Placing())
    with pytest.raises(RecipeError, match="not started"):
        room.job(key)


def test_files_of_a_series_are_told_apart(room):
    data = volume().astype(np.uint16)
    files = [dicom(data[:, :, k].T, position=(0, 0, 2 * k)) for k in range(9, 31)]
    key = room.open([len(f) for f in files])
    assert len(room.send(key, b"".join(files)).slices) == 22


def test_it_can_be_cancelled_and_drawing_goes_on_meanwhile(room, model):
    key = bring(room)
    room.start(key, Placing(), LONG)
    job = room.job(key)
    wait_for(lambda: len(job.curve) > 3)
    start = time.monotonic()
    for seed in range(5):
        render(model, Recipe(seed))
    assert time.monotonic() - start < 5
    assert not job.ended
    job.cancel()
    wait_for(lambda: job.ended)
    assert job.result is None
    assert job.problem is None


def test_a_projection_steps_aside_while_somebody_drags(room, model):
    key = bring(room)
    room.start(key, Placing(), LONG)
    job = room.job(key)
    wait_for(lambda: len(job.curve) > 3)
    for _ in range(20):
        render(model, Recipe(99))
        steps, seconds, longest = dragged(model, job)
        if longest < 0.15:  # nobody else took the processor
            break
    assert steps <= 2 + seconds / 0.3
    before = len(job.curve)
    wait_for(lambda: len(job.curve) > before + 20)


def dragged(model, job, seconds=0.8) -> tuple[int, float, float]:
    """Steps of a projection while one picture after the other is asked for; for how long, and the
    longest time between two of them."""
    times, before = [time.monotonic()], len(job.curve)
    while times[-1] - times[0] < seconds:
        render(model, Recipe(len(times)))
        time.sleep(0.01)
        times.append(time.monotonic())
    steps = len(job.curve) - before
    times.append(time.monotonic())
    return steps, times[-1] - times[0], float(np.diff(times).max())


def test_of_two_that_begin_together_one_goes_on(room, monkeypatch):
    key, jobs = bring(room), []
    monkeypatch.setattr(scan_room, "Job", slow_start(scan_room.Job, jobs))
    both = [threading.Thread(target=room.start, args=(key, Placing(), LONG)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    wait_for(lambda: sum(job.ended for job in jobs) == 1)
    assert not room.job(key).ended


def slow_start(kind, jobs):
    def make(*arguments):
        time.sleep(0.1)
        jobs.append(kind(*arguments))
        return jobs[-1]

    return make


def test_one_projection_at_a_time_and_the_next_waits(room):
    first, second = bring(room), bring(room)
    room.start(first, Placing(), LONG)
    wait_for(lambda: room.job(first).last)
    room.start(second, Placing(), Effort(2, 2))
    time.sleep(0.3)
    assert room.job(second).waiting
    room.start(first, Placing(), Effort(2, 2))  # instead of the long one
    wait_for(lambda: room.job(second).ended)
    wait_for(lambda: room.job(first).ended)
    assert room.job(first).result
    assert room.job(second).result


def test_forgetting_stops_the_projection(room):
    key = bring(room)
    room.start(key, Placing(), LONG)
    job = room.job(key)
    room.forget(key)
    wait_for(lambda: job.ended)
    with pytest.raises(RecipeError, match="no longer kept"):
        room.job(key)


def test_what_is_idle_is_forgotten(room, clock):
    key = bring(room)
    clock.now = 800
    room.prepare(key, Placing())
    clock.now = 1600
    room.prepare(key, Placing())
    clock.now = 2600
    with pytest.raises(RecipeError, match="open the file again"):
        room.prepare(key, Placing())
    assert len(room) == 0


def test_what_is_idle_goes_though_nobody_asks(model, clock, monkeypatch):
    monkeypatch.setattr(scan_room, "_IDLE", 0.3)
    room = ScanRoom(model, clock)
    bring(room)
    clock.now = 1
    wait_for(lambda: len(room) == 0)
    assert not room._sweeper.awake


def test_the_oldest_makes_room_but_not_while_it_is_projected(room, clock, monkeypatch):
    monkeypatch.setattr(scan_room, "_MOST_USERS", 2)
    first = bring(room)
    room.start(first, Placing(), LONG)
    clock.now = 1
    second = bring(room)
    clock.now = 2
    third = bring(room)
    room.job(first)
    with pytest.raises(RecipeError, match="no longer kept"):
        room.prepare(second, Placing())
    room.start(third, Placing(), LONG)
    with pytest.raises(RecipeError, match="too many scans"):
        bring(room)


def test_scans_together_are_bounded(room, monkeypatch):
    monkeypatch.setattr(scan_room, "_MOST_HELD", 10_000)
    for _ in range(5):
        bring(room)
    assert sum(v.bytes for v in room._visits.values()) <= 10_000


def test_more_bytes_than_announced(room):
    key = room.open([10])
    with pytest.raises(RecipeError, match="more bytes"):
        room.send(key, bytes(11))
    assert len(room) == 0


def test_what_is_no_scan_is_not_kept(room):
    key = room.open([4])
    with pytest.raises(RecipeError, match="neither"):
        room.send(key, b"what")
    assert len(room) == 0


def test_a_fault_in_the_thread_is_told(room, monkeypatch):
    key = bring(room)
    monkeypatch.setattr(scan_room, "judge", lambda *_: 1 / 0)
    room.start(key, Placing(), Effort(1, 0))
    wait_for(lambda: room.job(key).ended)
    assert "ZeroDivisionError" in room.job(key).problem


def test_nothing_is_written_to_disk(room, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    bring(room)
    assert list(tmp_path.iterdir()) == []


def ask(model) -> dict:
    return {f.__name__: f for f in projecting(model)}


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_the_pages_questions(model, monkeypatch):
    page = ask(model)
    key = page["open_scan"]({"sizes": [len(CONTENT)]})["key"]
    told = page["send_scan"]({"key": key, "data": encoded(CONTENT)})
    assert told == {"slices": 1, "middle": 0, "notes": []}
    assert page["prepare_scan"]({"key": key})["src"].startswith("data:image/png")
    assert page["start_scan"]({"key": key, "placing": {"size": 0.9}, "layered": False}) == {}
    states = set()

    def done():
        answer = page["watch_scan"]({"key": key})
        assert json.dumps(answer, allow_nan=False)
        states.add(answer["state"])
        return answer["state"] == "ended"

    wait_for(done, 60)
    assert states <= {"waiting", "running", "ended"}
    assert "result" not in page["watch_scan"]({"key": key, "seen": 1})
    answer = page["watch_scan"]({"key": key})["result"]
    recipe = Recipe.from_dict(answer["recipe"])
    assert len(base64.b64decode(recipe.w)) == 2 * model.config.w_dim
    assert "has not been measured" in answer["words"][0]
    assert answer["nearest"] is None
    small = np.random.default_rng(0).integers(0, 255, (8, 16, 16)).astype(np.uint8)
    monkeypatch.setattr(model.library, "reals", Reals(make(np.zeros((8, 10)), small=small)))
    nearest = page["watch_scan"]({"key": key})["result"]["nearest"]
    assert nearest["src"].startswith("data:image/png")
    assert "come nearer to a training slice" in nearest["words"][1]
    assert page["forget_scan"]({"key": key}) == {}
    assert set(page["watch_scan"]({"key": key})) == {"error"}


def test_two_users_have_keys_of_their_own(model):
    page = ask(model)
    one, two = (page["open_scan"]({"sizes": [9]})["key"] for _ in range(2))
    assert one != two
    assert len(one) >= 20


@pytest.mark.parametrize("posted", [
    None, 5, {}, {"key": None}, {"key": []}, {"key": "x"}, {"sizes": 5}, {"sizes": ["a"]},
    {"sizes": []}, {"sizes": [-1]}, {"sizes": [0]}, {"sizes": [500 << 20]}, {"sizes": [1] * 5000},
    {"sizes": [True]}, {"key": "x", "data": 5}, {"key": "x", "data": "!"},
    {"key": "x", "data": "A" * 3_000_000}, {"key": "x", "data": "AAAA", "placing": 5},
    {"key": "x", "placing": {"size": float("nan")}}, {"key": "x", "placing": {"fit": "x"}},
    {"key": "x", "layered": 5}, {"key": "x", "seen": "many"},
])  # fmt: skip
def test_nonsense_is_answered_with_a_sentence(model, posted):
    for name, function in ask(model).items():
        answer = function(posted)
        if name == "forget_scan" and isinstance(posted, dict):
            assert answer == {}
        else:
            assert set(answer) == {"error"}, name
            assert 10 < len(answer["error"]) < 200


def test_many_users_at_once(room):
    """Each gets their own picture prepared, whatever the others do."""
    wrong = []

    def use(level):
        content = image_bytes(head(level=level))
        key = bring(room, content)
        for _ in range(10):
            picture = room.prepare(key, Placing(fit=False))
            if abs(int(np.median(picture[6:12, 6:12])) - level) > 10:
                wrong.append(level)

    threads = [threading.Thread(target=use, args=(level,)) for level in (60, 120, 180, 240)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_where_several_ask_each_keeps_two_scans(room):
    other = bring(room)  # of nobody in particular
    mark = asker.set("ada")
    try:
        keys = [bring(room) for _ in range(3)]
    finally:
        asker.reset(mark)
    with pytest.raises(RecipeError, match="no longer kept"):
        room.prepare(keys[0], Placing())
    for key in (other, *keys[1:]):
        assert room.prepare(key, Placing()) is not None
