"""The figures of docs/does-moca-learn.md.

    python plots.py --logs recipe=FILE.log consensus=FILE.log --where where.json --scores SCORES --runs ... --arrays ARRAYS --cache CACHE --pictures NAME=FILE.pt ... --out docs/images
"""

import argparse
import json
import re

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image

import adapters
import cache
import score
import table
import where as changes

SETS = {"s4": "S4-like", "ms3": "MS3-like"}
COLOURS = {"recipe": "#b2182b", "consensus": "#2166ac"}


def field(line, name):
    found = re.search(rf"(?:^| ){re.escape(name)} (-?[0-9.]+)", line)
    return float(found.group(1)) if found else np.nan


def learning(log, frozen, out):
    """The recipe: its loss falls while the masks get worse."""
    lines = open(log).read().splitlines()
    steps = [l for l in lines if re.match(r"\d+ ", l)]
    looks = [l for l in lines if l.startswith("look")]
    at = [int(l.split()[0]) for l in steps]
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.2))
    for name, style in (("triplet", "-"),):
        axes[0].plot(at, [field(l, name) for l in steps], style, color="#b2182b")
    axes[0].set(title="triplet loss (margin 0.3)", xlabel="step", ylim=(0, None))
    axes[1].plot(at, [field(l, "C_pos") for l in steps], label="C_pos", color="#4393c3")
    axes[1].plot(at, [field(l, "C_neg") for l in steps], label="C_neg", color="#d6604d")
    axes[1].plot(at, [field(l, "active") for l in steps], label="active share", color="#888888")
    axes[1].set(title="matching costs", xlabel="step", ylim=(0, None))
    axes[1].legend()
    for which, colour in (("s4", "#1b7837"), ("ms3", "#762a83")):
        rows = [l for l in looks if f"val_{which}" in l]
        x = [0] + [int(l.split()[1]) for l in rows]
        for scoring, style in (("adapted", "-o"), ("frozen", ":s")):
            axes[2].plot(x, [frozen[which]] + [field(l, f"matched.k4.{scoring}") for l in rows], style, color=colour, label=f"{SETS[which]}, {scoring} tokens")
    axes[2].set(title="mIoU on val, 160 frames", xlabel="step")
    axes[2].legend(fontsize=7)
    save(figure, out, "moca-learn-recipe.png")


def differences(scores, runs, scoring, out):
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
    for axis, (which, title) in zip(axes, SETS.items()):
        for i, (label, files) in enumerate(runs.items()):
            for j, sound in enumerate(("matched", "other", "deaf")):
                r = table.paired(scores, files, f"test_{which}", f"{sound}.k4.{scoring}", f"{sound}.k4.frozen")
                axis.errorbar(j + 0.18 * i - 0.18, r["difference"], 2 * r["error"], fmt="o", capsize=4, color=plt.cm.tab10(i), label=label if j == 0 else None)
                axis.plot([j + 0.18 * i - 0.12] * len(files), r["seeds"], "_", color=plt.cm.tab10(i))
        axis.axhline(0, color="black", lw=0.8)
        axis.axhline(0.1, color="grey", lw=0.8, ls=":")
        axis.set_xticks(range(3), ["own sound", "sound of a\nsilent object", "silence in the adapters,\nown sound in the choice"])
        axis.set(title=f"{title}: mIoU minus frozen, test")
    axes[0].legend(fontsize=8)
    save(figure, out, "moca-learn-differences.png")


def shares(where, out):
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.2))
    names, places = list(where), ["sounding", "silent objects", "background"]
    for i, name in enumerate(names):
        x = np.arange(3) + 0.8 / len(names) * (i - (len(names) - 1) / 2)
        axes[0].bar(x, [where[name]["D"][p] for p in places], 0.8 / len(names), label=name, color=plt.cm.tab10(i))
        axes[1].bar(x, [where[name]["share"][p] for p in places], 0.8 / len(names), color=plt.cm.tab10(i))
    axes[0].set(title="relative change of the tokens, D")
    axes[1].set(title="change owed to the sound: Ds / D")
    for axis in axes:
        axis.set_xticks(range(3), places)
    axes[0].legend()
    save(figure, out, "moca-learn-where.png")


@torch.no_grad()
def pictures(model, files, arrays, cached, out, rows=(3, 40, 77, 114)):
    """Frame, truth, frozen mask, then per adapter file: the map of D, and the mask. Rows by index, chosen beforehand."""
    names = list(files)
    titles = ["frame", "truth", "frozen"] + [t for n in names for t in (f"{n}: change D", f"{n}: mask")]
    figure, axes = plt.subplots(len(rows), len(titles), figsize=(1.7 * len(titles), 1.75 * len(rows)))
    for column, title in enumerate(titles):
        axes[0, column].set_title(title, fontsize=8)
    columns = 3
    for i, name in enumerate([None] + names):
        adapted = adapters.AdaptedTrunk(model["vision"], 1) if name is None else score.load(files[name], model)
        bench = score.Bench(f"{arrays}/test_s4", f"{cached}/test_s4", len(adapted.adaav), max(rows) + 1)
        quiet = score.silence(model, len(adapted.adaav))
        tokens, voices = score.run(model, adapted, bench, np.arange(bench.n), quiet)
        mask, _ = score.masks(bench, adapted, tokens, voices, 4, "adapted")
        maps, _ = changes.change(model, adapted, bench, quiet)
        for r, at in enumerate(rows):
            if name is None:
                frame = bench.world.frames[at]
                for c, picture in enumerate((frame, shade(frame, bench.truth[at].numpy()), shade(frame, mask[at].numpy()))):
                    axes[r, c].imshow(picture)
            else:
                axes[r, columns].imshow(maps["D"][at].view(16, 16), cmap="magma", vmin=0)
                axes[r, columns + 1].imshow(shade(bench.world.frames[at], mask[at].numpy()))
        columns += 0 if name is None else 2
    for axis in axes.flat:
        axis.axis("off")
    save(figure, out, "moca-learn-maps.png")


def shade(frame, mask):
    return np.where(mask[..., None], np.asarray(frame), np.asarray(frame) // 4)


def save(figure, out, name):
    figure.tight_layout()
    figure.savefig(f"{out}/{name}", dpi=110, metadata={"Software": None})
    plt.close(figure)
    Image.open(f"{out}/{name}").convert("RGB").quantize(192).save(f"{out}/{name}", optimize=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--log", required=True, help="log of a run of the recipe")
    options.add_argument("--frozen", default="0.677,0.575", help="frozen mIoU of the val frames of the looks, S4 and MS3")
    options.add_argument("--where", required=True)
    options.add_argument("--scores", required=True)
    options.add_argument("--runs", nargs="+", required=True)
    options.add_argument("--scoring", default="adapted")
    options.add_argument("--arrays", required=True)
    options.add_argument("--cache", required=True)
    options.add_argument("--pictures", nargs="+", required=True)
    options.add_argument("--out", required=True)
    args = options.parse_args()
    torch.set_num_threads(1)
    split = lambda entries: dict(e.split("=") for e in entries)
    learning(args.log, dict(zip(SETS, map(float, args.frozen.split(",")))), args.out)
    shares(json.load(open(args.where)), args.out)
    differences(args.scores, {k: v.split(",") for k, v in split(args.runs).items()}, args.scoring, args.out)
    pictures(cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors"), split(args.pictures), args.arrays, args.cache, args.out)


if __name__ == "__main__":
    main()
