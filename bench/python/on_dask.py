"""Dask: a local cluster of two worker processes with one thread each."""
import os
import tempfile
import time

import measure as m
from measure import incremented, measure, same, tree_tasks


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def cluster():
    import logging

    from dask.distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    local = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
    )
    return local, Client(local)


def tasks(order, client):
    from dask.distributed import as_completed

    def submit(*args):
        return client.submit(*args, pure=False)

    def roundtrip(n):
        return sum(submit(inc, x).result() for x in range(n)), None

    def mapped(n):
        futures = client.map(inc, range(n), pure=False)
        return sum(client.gather(futures)), futures

    def submitted(n):
        futures = [submit(inc, x) for x in range(n)]
        return sum(client.gather(futures)), futures

    def chain(n):
        last = submit(inc, 0)
        for _ in range(n - 1):
            last = submit(inc, last)
        return last.result(), last

    def tree(n):
        level = client.map(inc, range(n), pure=False)
        while len(level) > 1:
            odd = level[-1:] if len(level) % 2 else []
            level = [submit(add, x, y) for x, y in zip(level[::2], level[1::2])] + odd
        return level[0].result(), level

    def completed(n):
        started = min(10, n)
        total = 0
        waiting = as_completed([submit(inc, x) for x in range(started)], with_results=True)
        for _, value in waiting:
            total += value
            if started < n:
                waiting.add(submit(inc, started))
                started += 1
        return total, waiting

    measure(order, "roundtrip", "ms", roundtrip, incremented, same)
    measure(order, "map", "tasks/s", mapped, incremented, same)
    measure(order, "submit", "tasks/s", submitted, incremented, same)
    measure(order, "chain", "tasks/s", chain, same, same)
    measure(order, "tree", "tasks/s", tree, incremented, tree_tasks)
    measure(order, "ascompleted", "tasks/s", completed, incremented, same)


def data(order, client):
    from dask.distributed import wait

    first, second = client.scheduler_info()["workers"]

    def make(n):
        future = client.submit(m.payload, n, workers=[first], pure=False)
        wait(future)
        return future

    def across(future):
        return client.submit(m.seen, future, workers=[second], pure=False).result()

    m.data(order, lambda value: client.scatter(value, hash=False), make, lambda future: future.result(), across)


def overhead(order, client):
    def spin_all(turns):
        return client.gather(client.map(m.spin, turns, pure=False))

    m.overhead(order, spin_all, lambda millis: client.submit(m.turns_for, millis, pure=False).result())


def million(order, client):
    """Scheduler and client are in this process. As many as fit into a minute and a half; they are not awaited."""
    count = order["counts"]["million"]
    scheduler = client.cluster.scheduler
    with tempfile.TemporaryDirectory() as folder:
        gate = os.path.join(folder, "open")
        client.gather(client.map(inc, range(1000), pure=False))
        held = [client.submit(m.hold, gate, pure=False) for _ in range(2)]
        before = m.resident()
        futures = []
        started = time.perf_counter()
        while len(futures) < count and time.perf_counter() - started < 90:
            futures += client.map(inc, range(10_000), pure=False)
        while len(scheduler.tasks) < len(futures):
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        m.emit("queued-all", (m.resident() - before) / len(futures))
        m.emit("queued-rate", len(futures) / seconds)
        open(gate, "w").close()
        assert sum(client.gather(held)) == 2
        os._exit(0)  # letting go of them would take longer than all the rest


def bag(order, client):
    """As src/works/bag.ts."""
    import dask.bag as db

    texts = order["texts"]

    def count(n):
        lines = db.read_text(texts["files"], blocksize=8_000_000)
        words = lines.map(str.lower).map(str.split).flatten()
        top = words.frequencies().topk(10, key=lambda pair: pair[1]).compute()
        return sum(times for _, times in top), None

    m.once(count, 0, texts["top"])
    for _ in range(order["repeats"]):
        m.emit("wordcount", order["counts"]["wordcount"] / 1e3 / m.once(count, 0, texts["top"]))


groups = {"tasks": tasks, "data": data, "overhead": overhead, "million": million, "bag": bag}


def main(order):
    import dask.distributed  # noqa: F401  loaded before the clock starts

    started = time.perf_counter()
    local, client = cluster()
    try:
        if order["group"] == "startup":
            client.wait_for_workers(2)
            m.startup(order, started, lambda: client.submit(inc, 1).result())
        else:
            groups[order["group"]](order, client)
    finally:
        client.close()
        local.close()
