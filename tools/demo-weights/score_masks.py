"""Scores what `earshot segment` wrote for the S4 clips of a demo world against the exact masks (needs numpy and Pillow).

usage: score_masks.py WORLD OUT      WORLD: --out of `earshot demo-world --layout s4`; OUT: --out of `earshot segment`
Prints the number of frames, the mean IoU and its standard error.
"""

import pathlib
import sys

import numpy as np
from PIL import Image


def heard(path):
    return np.asarray(Image.open(path).convert("L")) > 0


def main():
    world, out = map(pathlib.Path, sys.argv[1:3])
    scores = []
    for truth in sorted(world.glob("Single-source/s4_data/gt_masks/*/*/*/*.png")):
        clip, second = truth.stem.rsplit("_", 1)  # AVSBench counts seconds from 1, masks/*.png from 0
        want = heard(truth)
        got = heard(out / clip / "masks" / f"{int(second) - 1:05d}.png")
        scores.append((want & got).sum() / max(1, (want | got).sum()))
    scores = np.array(scores)
    print(f"{len(scores)} frames, mIoU {scores.mean():.3f}, standard error {scores.std(ddof=1) / len(scores) ** 0.5:.3f}")


if __name__ == "__main__":
    main()
