"""Scores demo weights on val or test folders of training arrays: the oracle of the clusters first, then the pipeline."""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

import data
import models
import pipeline


THRESHOLD = 0.05  # the absolute threshold of the cluster choice


@torch.no_grad()
def embed(model, world, first, count, chunk=32):
    """Normed tokens [n,256,D], joint tokens [n,256,J] and voices [n,J], the last two of unit length."""
    tokens, joint, voices = [], [], []
    for i in range(first, first + count, chunk):
        j = min(first + count, i + chunk)
        image = model["vision"](data.image_patches(world.frames[i:j]))
        wave = torch.as_tensor(world.waves[i:j].astype(np.float32)) / 32768
        audio = model["audio"](data.audio_patches(data.fbank(wave)))
        tokens.append(image[:, 1:])
        joint.append(F.normalize(model["vision"].head(image[:, 1:]), dim=-1))
        voices.append(F.normalize(model["audio"].head(audio[:, 0]), dim=-1))
    return torch.cat(tokens), torch.cat(joint), torch.cat(voices)


def absent_partner(world, first, count):
    """For every frame the next frame whose sound has no class that is seen or heard here; -1 if there is none."""
    seen = [set(np.unique(world.labels[first + i])) - {0} for i in range(count)]
    heard = [{c + 1 for c in range(8) if world.sounding[first + i] >> c & 1} for i in range(count)]
    partner = []
    for i in range(count):
        order = [(i + d) % count for d in range(1, count)]
        partner.append(next((p for p in order if heard[p] and not heard[p] & (seen[i] | heard[i])), -1))
    return np.array(partner)


def score(model, world, first, count, k=4):
    tokens, joint, voices = embed(model, world, first, count)
    truth = torch.from_numpy(world.sounding_masks()[first : first + count])
    centres = pipeline.cosine_kmeans(tokens, k)
    labels = (F.normalize(tokens, dim=-1) @ centres.transpose(1, 2)).argmax(-1)
    maps = pipeline.cluster_maps(tokens, centres)
    level = np.sqrt((world.waves[first : first + count].astype(np.float64) / 32768 ).__pow__(2).mean(1))
    loud = torch.from_numpy(20 * np.log10(np.maximum(level, 1e-9)) >= -60)
    partner = absent_partner(world, first, count)

    def masks(sounds, gate):
        selected, _ = pipeline.choose(labels, joint, sounds, k)
        selected &= gate[:, None]
        return torch.gather(selected, 1, maps.flatten(1)).view_as(maps)

    right = masks(voices, loud)
    own = pipeline.iou(right, truth)
    swapped = pipeline.iou(masks(voices[partner], loud[partner]), truth)
    best = pipeline.oracle(maps, truth, k)
    heard = truth.flatten(1).any(1)
    n = heard.sum()
    error = own[heard].std() / n.sqrt()
    accuracy = token_accuracy(world, first, joint, voices)
    return dict(
        miou=own.mean(), miou_sounding=own[heard].mean(), standard_error=error, swapped=swapped[heard].mean(),
        oracle=best[heard].mean(), everything=truth[heard].float().mean(), token_object=accuracy[0],
        token_background=accuracy[1], silent_mask_share=right[~heard].float().mean() if (~heard).any() else 0.0,
    ), right, truth


def token_accuracy(world, first, joint, voices):
    """Nearest class sound (mean voice of single-class clips) of every token; background if no cosine exceeds the threshold of the choice."""
    count = len(voices)
    bits = world.sounding[first : first + count]
    single = torch.tensor([int(b).bit_count() == 1 for b in bits])
    if single.sum() < 32:
        return torch.nan, torch.nan
    classes = torch.tensor([int(b).bit_length() - 1 for b in bits])
    prototypes = F.normalize(torch.stack([voices[single & (classes == c)].mean(0) for c in range(8)]), dim=-1)
    best, which = (joint @ prototypes.T).max(-1)
    guess = torch.where(best > THRESHOLD, which + 1, 0)
    cells = world.labels[first : first + count].reshape(count, 16, 14, 16, 14).transpose(0, 1, 3, 2, 4)
    cells = torch.from_numpy(cells.reshape(count * 256, 196).copy()).long()
    shares = torch.zeros(len(cells), 9).scatter_add_(1, cells, torch.full(cells.shape, 1 / 196))
    share, truth = shares.max(1)
    clear, guess = share > 0.9, guess.flatten()
    right = (guess == truth) & clear
    return right[truth > 0].sum() / clear[truth > 0].sum(), right[truth == 0].sum() / clear[truth == 0].sum()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("state")
    options.add_argument("worlds", nargs="+")
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--count", type=int, default=160)
    options.add_argument("--clusters", type=int, default=4)
    options.add_argument("--threads", type=int, default=1)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    model = models.imagebind()
    model.load_state_dict(torch.load(args.state))
    for folder in args.worlds:
        figures, _, _ = score(model, data.World(folder), args.first, args.count, args.clusters)
        print(folder, f"k {args.clusters}", " ".join(f"{k} {float(v):.3f}" for k, v in figures.items()), flush=True)


if __name__ == "__main__":
    main()
