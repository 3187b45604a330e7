"""What softq gives its peers: the sizes of an update, and one update with all that goes in and comes out of it.

The file is softq's (`fixture.ts`), in the safetensors format, which is read here by hand: a length, a JSON header, arrays.
"""
import json
import sys
import time

import numpy as np


class Given:
    """The sizes as attributes, and the arrays by name."""

    def __init__(self, path):
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            data = file.read()
        vars(self).update(json.loads(header.pop("__metadata__")["sizes"]))
        self.arrays = {
            name: np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
            for name, entry in header.items()
        }

    def network(self, name):
        """Weights and biases by turns, first layer first; rows are inputs."""
        names = [each for each in self.arrays if each.startswith(name + ".")]
        return [self.arrays[f"{name}.{k}"] for k in range(len(names))]

    def of(self, name):
        return self.arrays[f"given.{name}"]

    def errors(self, found):
        """Of each result, the largest error beside its largest number; `found` is a list of arrays by name."""

        def error(name):
            expected = [self.arrays["after.loss"]] if name == "loss" else self.network(f"after.{name}")
            largest = max(np.abs(each).max() for each in expected)
            return max(np.abs(each - np.asarray(mine)).max() for each, mine in zip(expected, found[name])) / largest

        return {name: float(error(name)) for name in found}


def serve(description, errors, rate):
    """Says what this is and how near its numbers are; then answers each line, a number of seconds, with a rate."""
    print(json.dumps({"description": description, "errors": errors}), flush=True)
    for line in sys.stdin:
        rate(min(0.5, float(line) / 2))  # the beginning of a turn is not counted
        print(rate(float(line)), flush=True)


def rate_of(update, wait, count=1, most=64):
    """A function of seconds: how many updates a second there are, `count` at each call, when the last one is done.

    No more than `most` calls are queued at once, or more would be than a turn has time for.
    """

    def rate(seconds):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            update()
            calls += 1
            if calls % most == 0:
                wait()
        wait()
        return calls * count / (time.perf_counter() - start)

    return rate
