"""What the frozen features could give: the grid's bound, thresholds of the cosine, clusters and their best subset by K.

    python frozen.py --arrays ARRAYS --cache CACHE --sets val_s4,val_ms3
"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

import adapters
import cache
import score

import pipeline


@torch.no_grad()
def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--arrays", required=True)
    options.add_argument("--cache", required=True)
    options.add_argument("--sets", default="val_s4,val_ms3")
    options.add_argument("--count", type=int, default=160)
    args = options.parse_args()
    torch.set_num_threads(1)
    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    plain, quiet = adapters.AdaptedTrunk(model["vision"], 1), score.silence(model, 1)
    enlarged = lambda m: F.interpolate(m.view(-1, 1, 16, 16), size=(224, 224), mode="bilinear", align_corners=False)[:, 0]
    for name in args.sets.split(","):
        bench = score.Bench(f"{args.arrays}/{name}", f"{args.cache}/{name}", 1, args.count)
        heard = torch.from_numpy(bench.heard)
        mean = lambda masks: float(pipeline.iou(masks, bench.truth)[heard].mean())
        tokens, voices = score.run(model, plain, bench, np.arange(bench.n), quiet)
        share = bench.truth.float().view(-1, 16, 14, 16, 14).mean((2, 4)).flatten(1)
        cosine = (bench.joint @ voices[:, :, None])[..., 0]
        print(f"{name}: true share of every token, enlarged {mean(enlarged(share) > 0.5):.3f}, as 0 or 1 {mean(enlarged((share > 0.5).float()) > 0.5):.3f}")
        print("  cosine above " + ", ".join(f"{t}: {mean(enlarged(cosine) > t):.3f}" for t in (0.05, 0.1, 0.15, 0.2, 0.25)))
        for k in (3, 4, 5, 6):
            mask, maps = score.masks(bench, plain, tokens, voices, k, "frozen")
            print(f"  K {k}: pipeline {mean(mask):.3f}, best subset {float(pipeline.oracle(maps, bench.truth, k)[heard].mean()):.3f}", flush=True)


if __name__ == "__main__":
    main()
