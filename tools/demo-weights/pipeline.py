"""The frozen pipeline in tensors: spherical k-means per frame, choice of the sounding clusters, upsampling."""

import numpy as np
import torch
from torch.nn import functional as F

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class SplitMix64:
    """A vector of independent generators, the ones of the Java k-means."""

    def __init__(self, seeds):
        self.state = np.asarray(seeds).astype(np.uint64)

    def unit(self):
        with np.errstate(over="ignore"):
            self.state = self.state + GOLDEN
            z = self.state
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        return torch.from_numpy((z >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def cosine_kmeans(x, k=4, restarts=4, base=0, max_iter=100):
    """x [n,tokens,width] -> centroids [n,k,width] of the best restart. Empty clusters keep their centroid."""
    x = F.normalize(x.float(), dim=-1)
    n, t, _ = x.shape
    seeds = [base * 1000003 + f * 1009 + r for f in range(n) for r in range(restarts)]
    random = SplitMix64(seeds)
    xs = x.repeat_interleave(restarts, 0)
    rows = torch.arange(len(xs))
    chosen = [(random.unit() * t).long().clamp_max(t - 1)]
    weight = (1 - torch.einsum("btc,bc->bt", xs, xs[rows, chosen[0]])).clamp_min(0).double()
    for _ in range(k - 1):
        weight[rows, chosen[-1]] = 0
        running = weight.cumsum(1)
        goal = random.unit() * running[:, -1]
        pick = (running > goal[:, None]).int().argmax(1)
        chosen.append(pick)
        similar = torch.einsum("btc,bc->bt", xs, xs[rows, pick])
        weight = torch.minimum(weight, (1 - similar).clamp_min(0).double())
    centres = torch.stack([xs[rows, c] for c in chosen], 1)
    labels = None
    for _ in range(max_iter):
        similar = xs @ centres.transpose(1, 2)
        new = similar.argmax(-1)
        if labels is not None and (new == labels).all():
            break
        labels = new
        one = F.one_hot(labels, k).float()
        sums = one.transpose(1, 2) @ xs
        moved = F.normalize(sums, dim=-1)
        centres = torch.where(sums.norm(dim=-1, keepdim=True) > 1e-6, moved, centres)
    inertia = (1 - (xs @ centres.transpose(1, 2)).max(-1).values).sum(1).view(n, restarts)
    best = inertia.argmin(1)
    return centres.view(n, restarts, k, -1)[torch.arange(n), best]


def choose(labels, joint, audio, k, tau_abs=0.05, tau_rel=0.5):
    """labels [n,t], joint [n,t,j] and audio [n,j] of unit length -> selected [n,k] bool, scores [n,k]."""
    one = F.one_hot(labels, k).float()
    count = one.sum(1)
    mean = F.normalize(one.transpose(1, 2) @ joint, dim=-1)
    score = torch.einsum("nkj,nj->nk", mean, audio)
    contrast = score - torch.einsum("ntj,nj->nt", joint, audio).mean(1, keepdim=True)
    live = (count > 0) & (count <= 0.9 * labels.shape[1])
    contrast = contrast.masked_fill(~live, -9)
    top = contrast.max(1, keepdim=True).values
    return live & (score >= tau_abs) & (contrast > 0) & (contrast >= tau_rel * top), score


def cluster_maps(x, centres, size=224):
    """Label of every pixel: similarity maps enlarged bilinearly, arg-max. [n,size,size] int64."""
    n, t, _ = x.shape
    side = int(t**0.5)
    similar = (F.normalize(x.float(), dim=-1) @ centres.transpose(1, 2)).transpose(1, 2).reshape(n, -1, side, side)
    return F.interpolate(similar, size=(size, size), mode="bilinear", align_corners=False).argmax(1)


def iou(masks, truth):
    """AVSBench's per-frame figure: an empty truth counts the share of correct background."""
    inter = (masks & truth).flatten(1).sum(1).double()
    union = (masks | truth).flatten(1).sum(1).double()
    empty = ~truth.flatten(1).any(1)
    pixels = truth[0].numel()
    return torch.where(empty, 1 - masks.flatten(1).sum(1).double() / pixels, inter / union.clamp_min(1))


def oracle(maps, truth, k):
    """Best IoU of any subset of the clusters, per frame."""
    best = torch.zeros(len(maps), dtype=torch.double)
    for subset in range(1, 2**k):
        mask = torch.zeros_like(truth)
        for c in range(k):
            if subset >> c & 1:
                mask |= maps == c
        best = torch.maximum(best, iou(mask, truth))
    return best
