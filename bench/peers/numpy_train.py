#!/usr/bin/python3
"""Trains 784-256-128-10 in NumPy, as fast as NumPy goes: a peer of `mlp-bench`.

Every array is allocated once and written through out=; products go to BLAS without a copy
(a transposed view is a flag to sgemm); the rate is folded into the first gradient, so that an update
is one subtraction. Usage: numpy_train.py IMAGES LABELS, threads in OMP_NUM_THREADS.
"""
import time

import numpy as np
import peer

F32 = np.float32


class Buffers:
    """What one step writes, for n samples; a short batch gets its own set."""

    def __init__(self, n):
        self.rows = np.arange(n)
        self.pixels = np.empty((n, peer.WIDTHS[0]), np.uint8)
        self.a = [np.empty((n, width), F32) for width in peer.WIDTHS]  # inputs, hidden, logits
        self.d = [np.empty((n, width), F32) for width in peer.WIDTHS]  # gradients of those
        self.mask = [np.empty((n, width), bool) for width in peer.WIDTHS]
        self.max = np.empty((n, 1), F32)
        self.sum = np.empty((n, 1), F32)


class Trainer:
    def __init__(self, images, labels):
        self.images, self.labels = images, labels.astype(np.intp)
        self.random = np.random.default_rng(peer.SEED)
        shapes = list(zip(peer.WIDTHS, peer.WIDTHS[1:]))
        self.w = [(self.random.standard_normal(s) * (2 / s[0]) ** 0.5).astype(F32) for s in shapes]
        self.b = [np.zeros(s[1], F32) for s in shapes]
        self.dw = [np.empty(s, F32) for s in shapes]
        self.buffers = {}

    def buffers_for(self, n):
        if n not in self.buffers:
            self.buffers[n] = Buffers(n)
        return self.buffers[n]

    def forward(self, buf, order):
        # mode="clip" writes straight to out; the default checks indices through a second buffer.
        np.take(self.images, order, axis=0, out=buf.pixels, mode="clip")
        np.multiply(buf.pixels, F32(1 / 255), out=buf.a[0], dtype=F32)
        last = len(self.w) - 1
        for layer, (w, b) in enumerate(zip(self.w, self.b)):
            y = buf.a[layer + 1]
            np.matmul(buf.a[layer], w, out=y)
            y += b
            if layer < last:
                np.maximum(y, 0, out=y)

    def loss_and_gradient(self, buf, labels, rate):
        """Sum of the cross-entropies; d[-1] becomes rate * (softmax - one hot)."""
        z, d = buf.a[-1], buf.d[-1]
        np.max(z, axis=1, keepdims=True, out=buf.max)
        z -= buf.max
        at_label = z[buf.rows, labels].sum()
        np.exp(z, out=d)
        np.sum(d, axis=1, keepdims=True, out=buf.sum)
        d /= buf.sum
        d[buf.rows, labels] -= 1
        d *= F32(rate)
        return float(np.log(buf.sum).sum() - at_label)

    def backward_and_update(self, buf):
        for layer in range(len(self.w) - 1, -1, -1):
            x, d = buf.a[layer], buf.d[layer + 1]
            if layer > 0:
                np.matmul(d, self.w[layer].T, out=buf.d[layer])
                np.greater(x, 0, out=buf.mask[layer])
                buf.d[layer] *= buf.mask[layer]
            np.matmul(x.T, d, out=self.dw[layer])
            self.w[layer] -= self.dw[layer]
            self.b[layer] -= d.sum(axis=0)

    def epoch(self, n_steps):
        n = len(self.images)
        for size in (peer.BATCH, n % peer.BATCH):
            self.buffers_for(size)
        begin = time.perf_counter()
        order = self.random.permutation(n)
        end = n if n_steps is None else min(n, n_steps * peer.BATCH)
        loss = 0.0
        for first in range(0, end, peer.BATCH):
            batch = order[first : first + peer.BATCH]
            buf = self.buffers_for(len(batch))
            self.forward(buf, batch)
            loss += self.loss_and_gradient(buf, self.labels[batch], peer.RATE / len(batch))
            self.backward_and_update(buf)
        return time.perf_counter() - begin, loss / end

    def accuracy(self):
        correct = 0
        for first in range(0, len(self.images), 1000):
            order = np.arange(first, min(first + 1000, len(self.images)))
            buf = self.buffers_for(len(order))
            self.forward(buf, order)
            correct += int((buf.a[-1].argmax(axis=1) == self.labels[order]).sum())
        return correct / len(self.images)


if __name__ == "__main__":
    trainer = Trainer(*peer.read_data())
    notes = peer.loaded_libraries(["blas", "blis", "mkl", "omp"])
    notes += f" {peer.threads()} threads " + peer.settings(["OPENBLAS_CORETYPE", "OMP_PROC_BIND"])
    peer.serve("numpy", np.__version__, notes, trainer)
