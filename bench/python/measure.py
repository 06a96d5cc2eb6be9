"""Warms up, then measures, as src/Measure.ts does for the subjects written in JavaScript."""
import gc
import json
import os
import time


def emit(figure, value):
    print(json.dumps({"figure": figure, "value": value}, separators=(",", ":")), flush=True)


def once(run, n, expected):
    started = time.perf_counter()
    found, keep = run(n)
    millis = (time.perf_counter() - started) * 1e3
    assert found == expected, f"the results add up to {found}, not to {expected}"
    del keep  # futures are let go after the clock was read
    return millis


def measure(order, figure, unit, run, expected, tasks):
    """`run(n)` answers a sum over the results and what must live until the clock was read."""
    if figure not in order["works"]:
        return
    n = order["counts"][figure]
    warm_until = time.perf_counter() + order["warmup"] / 1e3
    few = max(1, -(-n // 10))
    while time.perf_counter() < warm_until:
        once(run, few, expected(few))
    for _ in range(order["repeats"]):
        time.sleep(0.3)  # the scheduler forgets what was let go
        gc.collect()
        millis = once(run, n, expected(n))
        emit(figure, millis / tasks(n) if unit == "ms" else tasks(n) / millis * 1e3)


def timed(work):
    """What it answers, and how many milliseconds it took."""
    gc.collect()
    started = time.perf_counter()
    found = work()
    return found, (time.perf_counter() - started) * 1e3


def data(order, scatter, make, back, across):
    """As src/works/data.ts; `make` waits until a worker has made the value, `back` and `across` take what it answers."""
    n = order["counts"]["data"]
    value = payload(n)
    assert across(make(1000)) == 1009
    for _ in range(order["repeats"]):
        _, millis = timed(lambda: scatter(value))
        emit("data-scatter", n / 1e6 / millis * 1e3)
        there = make(n)
        found, millis = timed(lambda: across(there))
        assert found == n + 9
        emit("data-across", n / 1e6 / millis * 1e3)
        found, millis = timed(lambda: back(there))
        assert seen(found) == n + 9
        emit("data-fetch", n / 1e6 / millis * 1e3)
        del there, found


def overhead(order, spin_all, turns_for):
    """As src/works/overhead.ts."""
    per_milli = turns_for(1)
    total = order["counts"]["overhead"]

    def run(tasks, turns):
        found, millis = timed(lambda: spin_all([turns] * tasks))
        assert found == [spin(turns)] * tasks
        return millis

    run(20, max(1, per_milli // 10))
    for _ in range(order["repeats"]):
        for millis in (1, 10):
            tasks = max(2, 2 * round(total / millis / 2))
            large = run(2, per_milli * millis * tasks // 2)
            small = run(tasks, per_milli * millis)
            emit(f"overhead-{millis}ms", (1 - large / small) * 100)


def startup(order, started, first):
    """`started`: when the cluster was asked for; it is there now."""
    emit("startup-ready", (time.perf_counter() - started) * 1e3)
    assert first() == 2
    emit("startup-first", (time.perf_counter() - started) * 1e3)
    emit("startup-program", time.time() * 1e3 - order["startedAt"])


def payload(n):
    """So many bytes that are not all the same."""
    return b"\x07" * (n - 1) + b"\x09"


def seen(value):
    return len(value) + value[-1]


def spin(turns):
    x = 1
    for _ in range(turns):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def turns_for(millis):
    """How often `spin` must turn to take that many milliseconds in this process."""
    turns = 20_000
    best = min(timed(lambda: spin(turns))[1] for _ in range(20))
    return round(millis / best * turns)


def hold(file):
    """Holds its worker until the file is there."""
    while not os.path.exists(file):
        time.sleep(0.02)
    return 1


def resident():
    import psutil

    gc.collect()
    return psutil.Process().memory_info().rss


def incremented(n):
    return n * (n + 1) // 2


def same(n):
    return n


def tree_tasks(n):
    return 2 * n - 1
