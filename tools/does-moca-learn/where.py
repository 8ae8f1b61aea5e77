"""Where the adapters change the features, and how much of that is owed to the sound.

    python where.py NAME=FILE.pt ... --arrays ARRAYS --cache CACHE --set test_s4 --out where.json

D = |adapted - frozen| / |frozen| per token (head-normed tokens), Ds = |adapted with the sound - adapted with silence| /
|frozen|; means over tokens at least nine tenths inside the sounding objects, the silent objects, the background.
"""

import argparse
import json

import numpy as np
import torch

import adapters
import cache
import score


@torch.no_grad()
def regions(bench):
    """[3,n,256] bool: sounding, silent, background."""
    labels = torch.from_numpy(bench.world.labels[: bench.n].astype(np.int64))
    cells = lambda m: m.float().view(-1, 16, 14, 16, 14).mean((2, 4)).flatten(1) > 0.9
    return torch.stack([cells(bench.truth), cells((labels > 0) & ~bench.truth), cells(labels == 0)])


@torch.no_grad()
def change(model, adapted, bench, quiet):
    frozen = adapters.AdaptedTrunk(model["vision"], len(adapted.adaav))
    own, mute = np.arange(bench.n), np.full(bench.n, -1)
    plain, voices = score.run(model, frozen, bench, own, quiet)
    heard, _ = score.run(model, adapted, bench, own, quiet)
    silent, _ = score.run(model, adapted, bench, mute, quiet)
    other = np.where(bench.absent >= 0, bench.absent, own)
    absent, _ = score.run(model, adapted, bench, other, quiet)
    size = plain.norm(dim=-1)
    maps = dict(D=(heard - plain).norm(dim=-1) / size, Ds=(heard - silent).norm(dim=-1) / size, Da=(heard - absent).norm(dim=-1) / size)
    joint = lambda tokens: (adapted.joint(tokens) @ voices[:, :, None])[..., 0]
    return maps, dict(before=joint(plain), after=joint(heard))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("adapters", nargs="+")
    options.add_argument("--arrays", required=True)
    options.add_argument("--cache", required=True)
    options.add_argument("--set", default="test_s4")
    options.add_argument("--count", type=int, default=160)
    options.add_argument("--out", required=True)
    args = options.parse_args()
    torch.set_num_threads(1)
    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    out = {}
    for entry in args.adapters:
        name, path = entry.split("=")
        adapted = score.load(path, model)
        blocks = len(adapted.adaav)
        bench = score.Bench(f"{args.arrays}/{args.set}", f"{args.cache}/{args.set}", blocks, args.count)
        maps, cosines = change(model, adapted, bench, score.silence(model, blocks))
        where = dict(zip(("sounding", "silent objects", "background"), regions(bench)))
        out[name] = {k: {r: float(v[w].mean()) for r, w in where.items()} for k, v in {**maps, **cosines}.items()}
        out[name]["share"] = {r: float(maps["Ds"][w].mean() / maps["D"][w].mean()) for r, w in where.items()}
        total = maps["D"].square().sum()
        out[name]["energy"] = {r: float(maps["D"][w].square().sum() / total) for r, w in where.items()}
        print(name, json.dumps(out[name]), flush=True)
    with open(args.out, "w") as file:
        json.dump(out, file, indent=1)


if __name__ == "__main__":
    main()
