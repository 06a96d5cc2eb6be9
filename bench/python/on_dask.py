"""Dask: a local cluster of two worker processes with one thread each."""
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


groups = {"tasks": tasks}


def main(order):
    local, client = cluster()
    try:
        groups[order["group"]](order, client)
    finally:
        client.close()
        local.close()
