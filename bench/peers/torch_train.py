#!/usr/bin/python3
"""Trains 784-256-128-10 in PyTorch, the data as tensors in memory: a peer of `mlp-bench`.

Chosen by PEER_MODE: `autograd` is what people write (nn.Linear, CrossEntropyLoss, SGD);
`manual` is the same mathematics by hand, in place, which saves the graph and the gradient buffers.
In bf16: `autocast` is `autograd` under torch.autocast; `pure` is `manual` with everything, weights
too, in bf16; `masters` is `manual` with f32 weights and bf16 copies of them for the products.
PEER_MKLDNN=0 turns oneDNN off. Usage: torch_train.py IMAGES LABELS, threads in OMP_NUM_THREADS.
"""
import os
import time

import peer
import torch


class Trainer:
    def __init__(self, images, labels):
        self.images = torch.from_numpy(images)
        self.labels = torch.from_numpy(labels.astype("int64"))
        torch.manual_seed(peer.SEED)
        self.linears = [torch.nn.Linear(i, o) for i, o in zip(peer.WIDTHS, peer.WIDTHS[1:])]
        for linear in self.linears:
            torch.nn.init.kaiming_normal_(linear.weight)  # the same start as ours: N(0, 2/I)
            torch.nn.init.zeros_(linear.bias)

    def gather(self, batch):
        x = self.images.index_select(0, batch).float().mul_(1 / 255)
        return x, self.labels.index_select(0, batch)

    def epoch(self, n_steps):
        n = len(self.images)
        begin = time.perf_counter()
        order = torch.randperm(n)
        end = n if n_steps is None else min(n, n_steps * peer.BATCH)
        loss = torch.zeros(())
        for first in range(0, end, peer.BATCH):
            batch = order[first : first + peer.BATCH]
            x, labels = self.gather(batch)
            loss += self.step(x, labels) * len(batch)
        return time.perf_counter() - begin, float(loss) / end

    def accuracy(self):
        correct = 0
        with torch.no_grad():
            for first in range(0, len(self.images), 1000):
                batch = torch.arange(first, min(first + 1000, len(self.images)))
                x, labels = self.gather(batch)
                correct += int((self.logits(x).argmax(1) == labels).sum())
        return correct / len(self.images)


class Autograd(Trainer):
    def __init__(self, images, labels):
        super().__init__(images, labels)
        relus = [torch.nn.ReLU(inplace=True) for _ in self.linears]
        layers = [layer for pair in zip(self.linears, relus) for layer in pair][:-1]
        self.logits = torch.nn.Sequential(*layers)
        self.criterion = torch.nn.CrossEntropyLoss()
        self.sgd = torch.optim.SGD(self.logits.parameters(), lr=peer.RATE, foreach=True)

    def step(self, x, labels):
        loss = self.criterion(self.logits(x), labels)
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.sgd.step()
        return loss.detach()


class Autocast(Autograd):
    def step(self, x, labels):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = self.criterion(self.logits(x), labels)
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.sgd.step()
        return loss.detach()


class Manual(Trainer):
    def __init__(self, images, labels):
        super().__init__(images, labels)
        torch.set_grad_enabled(False)
        # (I,O) row-major, which measured faster here than nn.Linear's (O,I)
        self.w = [linear.weight.detach().t().contiguous() for linear in self.linears]
        self.b = [linear.bias.detach() for linear in self.linears]

    def activations(self, x):
        a = [x]
        for w, b in zip(self.w[:-1], self.b):
            a.append(torch.addmm(b, a[-1], w).relu_())
        a.append(torch.addmm(self.b[-1], a[-1], self.w[-1]))
        return a

    def logits(self, x):
        return self.activations(x)[-1]

    def step(self, x, labels):
        a = self.activations(x)
        log_p = torch.log_softmax(a[-1], 1)
        loss = torch.nn.functional.nll_loss(log_p, labels)
        d = log_p.exp_()
        d[torch.arange(len(labels)), labels] -= 1
        d.mul_(1 / len(labels))
        for layer in range(len(self.w) - 1, -1, -1):
            below = d @ self.w[layer].t() if layer > 0 else None
            self.w[layer].addmm_(a[layer].t(), d, alpha=-peer.RATE)
            self.b[layer].sub_(d.sum(0), alpha=peer.RATE)
            if layer > 0:
                d = torch.ops.aten.threshold_backward(below, a[layer], 0)
        return loss


class Pure(Manual):
    def __init__(self, images, labels):
        super().__init__(images, labels)
        self.w = [w.bfloat16() for w in self.w]
        self.b = [b.bfloat16() for b in self.b]

    def gather(self, batch):
        x, labels = super().gather(batch)
        return x.bfloat16(), labels

    def step(self, x, labels):
        return super().step(x, labels).float()


class Masters(Manual):
    def __init__(self, images, labels):
        super().__init__(images, labels)
        self.rounded = [w.bfloat16() for w in self.w]

    def activations(self, x):
        a = [x.bfloat16()]
        for w, b in zip(self.rounded[:-1], self.b):
            a.append(torch.addmm(b.bfloat16(), a[-1], w).relu_())
        a.append(torch.addmm(self.b[-1].bfloat16(), a[-1], self.rounded[-1]))
        return a

    def step(self, x, labels):
        a = self.activations(x)
        log_p = torch.log_softmax(a[-1].float(), 1)
        loss = torch.nn.functional.nll_loss(log_p, labels)
        d = log_p.exp_()
        d[torch.arange(len(labels)), labels] -= 1
        d = d.mul_(1 / len(labels)).bfloat16()
        for layer in range(len(self.w) - 1, -1, -1):
            below = d @ self.rounded[layer].t() if layer > 0 else None
            self.w[layer].add_(a[layer].t() @ d, alpha=-peer.RATE)  # f32 += bf16
            self.rounded[layer].copy_(self.w[layer])
            self.b[layer].sub_(d.float().sum(0), alpha=peer.RATE)
            if layer > 0:
                d = torch.ops.aten.threshold_backward(below, a[layer], 0)
        return loss


MODES = {
    "autograd": Autograd,
    "manual": Manual,
    "autocast": Autocast,
    "pure": Pure,
    "masters": Masters,
}

if __name__ == "__main__":
    torch.set_num_threads(peer.threads())
    mode = os.environ.get("PEER_MODE", "manual")
    torch.backends.mkldnn.set_flags(os.environ.get("PEER_MKLDNN", "1") == "1")
    trainer = MODES[mode](*peer.read_data())
    capability = torch.__config__.show().split("CPU capability usage: ")[-1].split()[0]
    notes = f"{mode} {capability} " + peer.loaded_libraries(["blas", "dnnl", "omp"])
    notes += f" {peer.threads()} threads "
    notes += peer.settings(["PEER_MKLDNN", "OPENBLAS_CORETYPE", "OMP_PROC_BIND"])
    peer.serve("torch", torch.__version__, notes, trainer)
