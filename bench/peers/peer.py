"""What the Python peers share: reading IDX files and obeying the harness.

The protocol is one line a command on stdin, one line an answer on stdout:
    (start)   ready NAME VERSION; SETTINGS...
    epoch     seconds S loss L      one epoch, all samples, the last short batch included
    steps N   seconds S loss L      the first N steps of an epoch
    accuracy  accuracy A            over all samples, 0..1
    quit      (ends)
"""
import gc
import os
import sys

import numpy as np

WIDTHS = (784, 256, 128, 10)
BATCH = 128
RATE = 0.1
SEED = 1


def read_idx(path):
    """One IDX file of bytes: magic 0x0000'08dd, dd dimensions of 4 bytes each, then the data."""
    raw = np.fromfile(path, np.uint8)
    n_dims = int(raw[3])
    shape = raw[4 : 4 + 4 * n_dims].view(">u4").astype(int)
    return raw[4 + 4 * n_dims :].reshape(shape).copy()


def read_data():
    """Images (n, 784) and labels (n) from the two files that the command line names."""
    images = read_idx(sys.argv[1])
    labels = read_idx(sys.argv[2])
    images = images.reshape(len(images), -1)
    if images.shape[1] != WIDTHS[0] or len(images) != len(labels):
        sys.exit(f"{sys.argv[0]}: images {images.shape} and labels {labels.shape} do not fit")
    return images, labels


def threads():
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


def loaded_libraries(words):
    """Names of the shared libraries in this process that contain one of the words: what was
    really loaded, whatever the environment asked for."""
    names = set()
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        for line in maps:
            path = line.rstrip().split(" ")[-1]
            if ".so" in path and any(word in os.path.basename(path) for word in words):
                names.add("/".join(path.split("/")[-2:]))
    return " ".join(sorted(names))


def settings(names):
    return " ".join(f"{name}={os.environ[name]}" for name in names if name in os.environ)


def serve(name, version, notes, trainer):
    """Obeys until quit or end of file. trainer has epoch(n_steps or None) and accuracy()."""
    gc.disable()  # nothing here makes cycles, and a collection would land in a timing
    print(f"ready {name} {version}; {notes}", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["epoch"]:
            seconds, loss = trainer.epoch(None)
            print(f"seconds {seconds:.6f} loss {loss:.6f}", flush=True)
        elif words[:1] == ["steps"] and len(words) == 2:
            seconds, loss = trainer.epoch(int(words[1]))
            print(f"seconds {seconds:.6f} loss {loss:.6f}", flush=True)
        elif words[:1] == ["accuracy"]:
            print(f"accuracy {trainer.accuracy():.6f}", flush=True)
        elif words[:1] == ["quit"]:
            return
        else:
            print(f"error unknown command {line.strip()}", flush=True)
