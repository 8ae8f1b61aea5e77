"""Clusters the frozen features of the training pictures for several K: labels [n,5,256], read by train.py --distil.

    python votes.py --cache CACHE [--count N]
"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

import adapters
import cache

import pipeline

CLUSTERS = (4, 5, 6, 7, 8)


@torch.no_grad()
def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cache", required=True)
    options.add_argument("--count", type=int)
    args = options.parse_args()
    torch.set_num_threads(1)
    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    states, trunk = adapters.Cache(f"{args.cache}/train", 1), model["vision"]
    n = args.count or len(states.image)
    out, last = np.zeros((n, len(CLUSTERS), 256), np.int8), trunk.blocks[-1]
    for i in range(0, n, 80):
        y = states.images(slice(i, min(n, i + 80)))[:, 1]
        f = F.normalize(trunk.head_norm(y + last.mlp(last.norm_2(y)))[:, 1:], dim=-1)
        for j, k in enumerate(CLUSTERS):
            centres = pipeline.cosine_kmeans(f, k, restarts=1, base=i + j, max_iter=30)
            out[i : i + 80, j] = (f @ centres.transpose(1, 2)).argmax(-1).numpy()
    np.save(f"{args.cache}/train/votes.npy", out)


if __name__ == "__main__":
    main()
