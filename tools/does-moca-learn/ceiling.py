"""Diagnostic: the same adapters taught with the TRUE masks of val. What could the form reach at all? Never a method.

    python ceiling.py --arrays ARRAYS --cache CACHE --out FILE.pt
"""

import argparse
import math

import numpy as np
import torch
from torch.nn import functional as F

import adapters
import cache
import score


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--arrays", required=True)
    options.add_argument("--cache", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--blocks", type=int, default=1)
    options.add_argument("--steps", type=int, default=500)
    options.add_argument("--lr", type=float, default=5e-3)
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    torch.set_num_threads(1)
    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    sets = [score.Bench(f"{args.arrays}/{s}", f"{args.cache}/{s}", args.blocks, 320) for s in ("val_s4", "val_ms3")]
    adapted = adapters.AdaptedTrunk(model["vision"], args.blocks, 16, 4, args.seed)
    optimizer = torch.optim.Adam(adapted.parameters(), lr=args.lr)
    random = np.random.default_rng(args.seed)
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.lr * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        bench = sets[step % 2]
        own = random.permutation(bench.n)[:8]
        absent = np.where(bench.absent[own] >= 0, bench.absent[own], own)
        sounds = [torch.cat(pair) for pair in zip(bench.cache.sounds(own), bench.cache.sounds(absent))]
        tokens = adapted(bench.cache.images(own).repeat(2, 1, 1, 1), sounds)[:, 1:]
        voices = torch.from_numpy(bench.cache.voice[np.concatenate([own, absent])]).float()
        share = bench.truth[own].float().view(-1, 16, 14, 16, 14).mean((2, 4)).flatten(1)
        cosines = (adapted.joint(tokens) @ voices[:, :, None])[..., 0]
        answer = F.binary_cross_entropy_with_logits((cosines - 0.15) / 0.1, torch.cat([share, torch.zeros_like(share)]))
        unit = F.normalize(tokens[:8], dim=-1)
        mean = F.normalize((share[..., None] * unit).sum(1), dim=-1)
        loss = answer + ((unit @ mean[:, :, None])[..., 0] - share).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            print(step + 1, float(loss.detach()), flush=True)
    torch.save(dict(state=adapted.state_dict(), blocks=args.blocks, bottleneck=16, latents=4), args.out)


if __name__ == "__main__":
    main()
