"""Cosine k-means with a given number of iterations in PyTorch, on the device of the rows, without a wait in between.

Starts by k-means++ from the random numbers of our own implementation. What goes on until nothing moves is torch_kmeans.py's.
"""

import copy
import math

import torch
import torch.nn.functional as F

from filler import uniforms

SHORTEST = 1e-6


def kmeans(on, count, width, clusters, iterations):
    """Rows round as many directions as there are clusters, [frames, rows, width], and their clustering."""
    clusters, count = (min(clusters, 8), count // 8) if on.small else (clusters, count)
    width = on.narrow(width)
    centres = on.values("centres", (clusters, width))
    own = centres[torch.arange(count).numpy() % clusters]
    rows = torch.from_numpy(own + on.values("features", (on.batch, count, width)) * 2).to(on.device)
    return {"rows": rows}, Lloyd(on, clusters, iterations)


class Lloyd:
    """Gives the objective of every frame: the sum over its rows of 1 - cosine to their centroid."""

    def __init__(self, on, clusters, iterations):
        self.clusters, self.iterations = clusters, iterations
        numbers = [uniforms(f * 1009, clusters) for f in range(on.batch)]
        self.random = torch.tensor(numbers, dtype=torch.float64, device=on.device)
        self.frame = torch.arange(on.batch, device=on.device)
        self.step = self.iterate

    def with_compiled_step(self, mode):
        """The same with one iteration compiled."""
        other = copy.copy(self)
        other.step = torch.compile(self.iterate, mode=mode, dynamic=False)
        return other

    def __call__(self, features):
        rows = F.normalize(features, dim=2, eps=SHORTEST)
        centres = self.starts(rows)
        for _ in range(self.iterations):
            centres = self.step(rows, centres)
        nearest = (rows @ centres.transpose(1, 2)).amax(2).double()
        return (1 - nearest).sum(1)

    def starts(self, rows):
        """k-means++ on the sphere, [F, K, C]."""
        count = rows.shape[1]
        picks = [(self.random[:, 0] * count).long()]
        weights = torch.full((len(rows), count), math.inf, dtype=torch.float64, device=rows.device)
        for k in range(1, self.clusters):
            newest = rows[self.frame, picks[-1]]
            distances = 1 - (rows @ newest[..., None])[..., 0].double()
            weights = torch.minimum(weights, distances.clamp(min=0)).scatter(1, picks[-1][:, None], 0)
            sums = weights.cumsum(1)
            drawn = torch.searchsorted(sums, self.random[:, k : k + 1] * sums[:, -1:], right=True)
            picks.append(drawn[:, 0].clamp(max=count - 1))
        return rows[self.frame[:, None], torch.stack(picks, 1)]

    def iterate(self, rows, centres):
        """Every row to its nearest centroid, every centroid to the direction of its rows' sum."""
        labels = (rows @ centres.transpose(1, 2)).argmax(2)
        members = (labels[..., None] == torch.arange(self.clusters, device=rows.device)).to(rows.dtype)
        sums = members.transpose(1, 2) @ rows
        lengths = sums.norm(dim=2, keepdim=True)
        return torch.where(lengths > SHORTEST, sums / lengths.clamp(min=SHORTEST), centres)
