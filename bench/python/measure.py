"""Warms up, then measures, as src/Measure.ts does for the subjects written in JavaScript."""
import gc
import json
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
        time.sleep(0.5)  # the scheduler forgets what was let go
        gc.collect()
        millis = once(run, n, expected(n))
        emit(figure, millis / tasks(n) if unit == "ms" else tasks(n) / millis * 1e3)


def incremented(n):
    return n * (n + 1) // 2


def same(n):
    return n


def tree_tasks(n):
    return 2 * n - 1
