"""Scores adapters on cached evaluation folders; every frame's figure is kept, so that differences can be paired."""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import cache
import adapters

import data
import evaluate
import pipeline


class Bench:
    """One evaluation folder with its sounds: matched, absent (a class neither seen nor heard), other (a silent object's), silence."""

    def __init__(self, arrays, cached, blocks, count):
        self.name, self.n = Path(arrays).name, count
        self.world = world = data.World(arrays)
        self.cache = c = adapters.Cache(cached, blocks)
        n = count
        self.truth = torch.from_numpy(masks_of(world, n))
        self.heard = self.truth.flatten(1).any(1).numpy()
        self.joint = torch.from_numpy(np.array(c.joint[:n])).float()
        level = np.sqrt((world.waves[:n].astype(np.float64) / 32768).__pow__(2).mean(1))
        self.loud = 20 * np.log10(np.maximum(level, 1e-9)) >= -60
        bits = [{k + 1 for k in range(8) if world.sounding[i] >> k & 1} for i in range(n)]
        areas = np.stack([(world.labels[:n] == k + 1).reshape(n, -1).mean(1) for k in range(8)], 1)
        seen = [{k + 1 for k in range(8) if areas[i, k] > 0} for i in range(n)]
        follow = lambda i, good: next((p for p in ((i + d) % n for d in range(1, n)) if good(p)), -1)
        self.absent = np.array([follow(i, lambda p: bits[p] and not bits[p] & (seen[i] | bits[i])) for i in range(n)])
        quiet = [{k for k in seen[i] if areas[i, k - 1] > 0.02} - bits[i] for i in range(n)]
        self.other = np.array([follow(i, lambda p: len(bits[p]) == 1 and bits[p] <= quiet[i]) for i in range(n)])
        self.other_truth = torch.stack([
            torch.from_numpy(world.labels[i] == (next(iter(bits[self.other[i]])) if self.other[i] >= 0 else 99)) for i in range(n)
        ])


def masks_of(world, n):
    bits = np.concatenate([[np.uint8(0)], 1 << np.arange(8, dtype=np.uint8)]).astype(np.uint8)
    return np.stack([(bits[world.labels[i]] & world.sounding[i]) != 0 for i in range(n)])


def silence(model, blocks, count=64, seed=5):
    """Audio states and voices of white noise at -72 dBFS, the demo world's silence."""
    noise = torch.randn(count, 16000, generator=torch.Generator().manual_seed(seed)) * 10 ** (-72 / 20)
    states, voice = cache.audio_states(model["audio"], data.audio_patches(data.fbank(noise)))
    return [states[:, 2 * b : 2 * b + 2] for b in range(4 - blocks, 4)], voice


def kmeans(tokens, k, chunk=80):
    """pipeline.cosine_kmeans in chunks, with the seeds of one call over all frames."""
    parts = []
    for i in range(0, len(tokens), chunk):
        parts.append(kmeans_at(tokens[i : i + chunk], k, i))
    return torch.cat(parts)


def kmeans_at(tokens, k, first):
    plain = pipeline.SplitMix64

    class Shifted(plain):
        def __init__(self, seeds):
            super().__init__([s + 1009 * first for s in seeds])

    pipeline.SplitMix64 = Shifted
    try:
        return pipeline.cosine_kmeans(tokens, k)
    finally:
        pipeline.SplitMix64 = plain


@torch.no_grad()
def run(model, adapted, bench, index, quiet, chunk=40):
    """Head-normed patch tokens [n,256,D] with the sounds of frames `index` (-1: silence), and the voices."""
    tokens, voices = [], []
    for i in range(0, bench.n, chunk):
        j = min(bench.n, i + chunk)
        part = index[i:j]
        sounds = bench.cache.sounds(np.maximum(part, 0))
        voice = torch.from_numpy(bench.cache.voice[np.maximum(part, 0)]).float()
        mute = torch.from_numpy(part < 0)
        if mute.any():
            pick = torch.arange(i, j)[mute] % len(quiet[1])
            voice[mute] = quiet[1][pick]
            for s, q in zip(sounds, quiet[0]):
                s[mute] = q[pick]
        x = bench.cache.images(slice(i, j))
        tokens.append(adapted(x, sounds)[:, 1:])
        voices.append(voice)
    return torch.cat(tokens), torch.cat(voices)


@torch.no_grad()
def clusters_of(tokens, k):
    """Labels of the tokens [n,256] and of the pixels [n,224,224]."""
    centres = kmeans(tokens, k)
    return (F.normalize(tokens, dim=-1) @ centres.transpose(1, 2)).argmax(-1), pipeline.cluster_maps(tokens, centres)


@torch.no_grad()
def chosen(bench, adapted, tokens, voices, clusters, k, scoring):
    """Masks [n,224,224]. scoring: whose joint tokens are compared with the voice, adapted or frozen."""
    joint = adapted.joint(tokens) if scoring == "adapted" else bench.joint
    labels, maps = clusters
    selected, _ = pipeline.choose(labels, joint, voices, k)
    return torch.gather(selected, 1, maps.flatten(1)).view_as(maps)


def masks(bench, adapted, tokens, voices, k, scoring):
    clusters = clusters_of(tokens, k)
    return chosen(bench, adapted, tokens, voices, clusters, k, scoring), clusters[1]


@torch.no_grad()
def figures(model, adapted, bench, quiet, clusters=(4,), full=True, scorings=("adapted", "frozen")):
    """Per-frame figures: {name: float array [n], nan where it does not apply}."""
    out, n = {}, bench.n
    own, mute = np.arange(n), np.full(n, -1)
    keep = lambda values, valid: np.where(valid, np.asarray(values, np.float64), np.nan)
    matched = run(model, adapted, bench, own, quiet)
    runs = {"matched": (matched, bench.truth, bench.heard)}
    if full:
        silent = run(model, adapted, bench, mute, quiet)
        runs["absent"] = (run(model, adapted, bench, bench.absent, quiet), bench.truth, bench.heard & (bench.absent >= 0))
        runs["other"] = (run(model, adapted, bench, bench.other, quiet), bench.other_truth, bench.other >= 0)
        runs["silent"] = (silent, bench.truth, np.ones(n, bool))
        # the adapters hear silence, the choice of clusters hears the sound
        runs["deaf"] = ((silent[0], matched[1]), bench.truth, bench.heard)
    for k in clusters:
        before = parts = None
        for name, ((tokens, voices), truth, valid) in sorted(runs.items(), key=lambda r: r[0] in ("silent", "deaf")):
            if before is None or not torch.equal(before, tokens):
                before, parts = tokens, clusters_of(tokens, k)
            for scoring in scorings:
                mask = chosen(bench, adapted, tokens, voices, parts, k, scoring)
                key = f"{name}.k{k}.{scoring}"
                out[key] = keep(pipeline.iou(mask, truth), valid)
                empty, area = ~mask.flatten(1).any(1), mask.float().flatten(1).mean(1)
                if name == "other":  # how much of the mask stays on the object that really sounded
                    out[key + ".original"] = keep(pipeline.iou(mask, bench.truth), valid & bench.heard)
                if name in ("silent", "absent"):
                    out[key + ".area"], out[key + ".empty"] = keep(area, valid), keep(empty, valid)
                if name == "matched":
                    out[key + ".area"] = keep(area, valid)
                    out[key + ".quiet_empty"] = keep(empty, ~bench.heard)  # silent seconds of the set, level gate off
            if name == "matched":
                out[f"oracle.k{k}"] = keep(pipeline.oracle(parts[1], truth, k), valid)
    return out


def summary(values):
    good = values[~np.isnan(values)]
    return good.mean() if len(good) else float("nan")


def load(path, model):
    saved = torch.load(path)
    adapted = adapters.AdaptedTrunk(model["vision"], saved["blocks"], saved["bottleneck"], saved["latents"])
    adapted.load_state_dict(saved["state"])
    return adapted


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("adapters", nargs="*", help="files of train.py; none: the frozen trunk")
    options.add_argument("--arrays", required=True)
    options.add_argument("--cache", required=True)
    options.add_argument("--sets", default="test_s4,test_ms3")
    options.add_argument("--count", type=int, default=320)
    options.add_argument("--clusters", default="4,5")
    options.add_argument("--out", required=True, help="folder for the per-frame figures (.npz)")
    args = options.parse_args()
    torch.set_num_threads(1)
    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    Path(args.out).mkdir(parents=True, exist_ok=True)
    for path in args.adapters or [None]:
        adapted = adapters.AdaptedTrunk(model["vision"], 1) if path is None else load(path, model)
        blocks = len(adapted.adaav)
        quiet = silence(model, blocks)
        for name in args.sets.split(","):
            bench = Bench(f"{args.arrays}/{name}", f"{args.cache}/{name}", blocks, args.count)
            clusters = [int(k) for k in args.clusters.split(",")]
            if path is None:  # both kinds of tokens are the same
                result = figures(model, adapted, bench, quiet, clusters, scorings=("frozen",))
                result |= {k.replace(".frozen", ".adapted"): v for k, v in result.items()}
            else:
                result = figures(model, adapted, bench, quiet, clusters)
            stem = "frozen" if path is None else Path(path).stem
            np.savez(f"{args.out}/{stem}.{name}.npz", **result)
            print(stem, name, " ".join(f"{k} {summary(v):.3f}" for k, v in result.items()), flush=True)


if __name__ == "__main__":
    main()
