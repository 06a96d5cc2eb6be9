"""A child process: does one group of works on one subject, as ordered in its last argument."""
import importlib
import json
import signal
import sys

if __name__ == "__main__":
    # an end from outside is an exit, so that workers and daemons are ended too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    order = json.loads(sys.argv[-1])
    importlib.import_module(f"on_{order['subject']}").main(order)
