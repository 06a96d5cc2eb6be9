"""Ray with two cores, in a session of its own."""
import os
import time

import measure as m
from measure import incremented, measure, same, tree_tasks

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")


def start():
    import logging

    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.CRITICAL)
    return ray


def tasks(order, ray):
    @ray.remote
    def inc(x):
        return x + 1

    @ray.remote
    def add(x, y):
        return x + y

    def roundtrip(n):
        return sum(ray.get(inc.remote(x)) for x in range(n)), None

    def mapped(n):
        refs = [inc.remote(x) for x in range(n)]
        return sum(ray.get(refs)), refs

    def chain(n):
        last = inc.remote(0)
        for _ in range(n - 1):
            last = inc.remote(last)
        return ray.get(last), last

    def tree(n):
        level = [inc.remote(x) for x in range(n)]
        while len(level) > 1:
            odd = level[-1:] if len(level) % 2 else []
            level = [add.remote(x, y) for x, y in zip(level[::2], level[1::2])] + odd
        return ray.get(level[0]), level

    def completed(n):
        started = min(10, n)
        total = 0
        waiting = [inc.remote(x) for x in range(started)]
        while waiting:
            [ready], waiting = ray.wait(waiting, num_returns=1)
            total += ray.get(ready)
            if started < n:
                waiting.append(inc.remote(started))
                started += 1
        return total, None

    measure(order, "roundtrip", "ms", roundtrip, incremented, same)
    measure(order, "map", "tasks/s", mapped, incremented, same)
    measure(order, "submit", "tasks/s", mapped, incremented, same)
    measure(order, "chain", "tasks/s", chain, same, same)
    measure(order, "tree", "tasks/s", tree, incremented, tree_tasks)
    measure(order, "ascompleted", "tasks/s", completed, incremented, same)


def data(order, ray):
    """Its store is in memory that the processes of a machine share."""
    payload = ray.remote(m.payload)
    seen = ray.remote(m.seen)

    def make(n):
        ref = payload.remote(n)
        ray.wait([ref], fetch_local=False)
        return ref

    m.data(order, ray.put, make, ray.get, lambda ref: ray.get(seen.remote(ref)))


def overhead(order, ray):
    spin = ray.remote(m.spin)
    turns_for = ray.remote(m.turns_for)

    def spin_all(turns):
        return ray.get([spin.remote(each) for each in turns])

    m.overhead(order, spin_all, lambda millis: ray.get(turns_for.remote(millis)))


groups = {"tasks": tasks, "data": data, "overhead": overhead}


def main(order):
    __import__("ray")  # loaded before the clock starts
    started = time.perf_counter()
    ray = start()
    try:
        if order["group"] == "startup":
            m.startup(order, started, lambda: ray.get(ray.remote(m.seen).remote(b"\x01")))
        else:
            groups[order["group"]](order, ray)
    finally:
        ray.shutdown()
