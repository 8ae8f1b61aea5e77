"""Trains the ImageBind-form demo weights without masks and without class names.

Three signals, all from unlabelled video: (1) which sound and which picture belong together, (2) what moves together in
neighbouring frames (common fate), (3) tokens of things that stand still should not resemble any sound.
"""

import argparse
import math
import time

import torch
from torch.nn import functional as F

import data
import models


def whitened_stem(world, width, samples=400):
    """Stem rows = principal components of patches, brought to similar size: texture is seen beside flat colour."""
    x = data.image_patches(world.frames[:samples]).flatten(0, 1)[::3]
    x = x - x.mean(0)
    values, vectors = torch.linalg.eigh(x.T @ x / len(x))
    values, vectors = values.flip(0)[:width], vectors.flip(1)[:, :width]
    return (vectors / (values + 0.02 * values.mean()).sqrt()).T * 0.3


def region_means(joint, regions, most=5):
    """Mean joint embedding of every moving region [B,most,J] and whether it has enough tokens [B,most]."""
    one = F.one_hot(regions.clamp_min(0).long(), most + 1)[..., 1:].float()
    count = one.sum(1)
    return one.transpose(1, 2) @ joint / count.clamp_min(1)[..., None], count >= 4


def alignment(means, valid, audio, sharpness):
    """Contrast over the batch; a picture fits a sound as well as its best region does (soft maximum)."""
    scores = sharpness * torch.einsum("brj,aj->bar", means, audio)
    scores = scores.masked_fill(~valid[:, None], -1e4).logsumexp(-1)
    has = valid.any(1)
    own = torch.arange(len(scores))
    to_audio = F.cross_entropy(scores[has], own[has])
    to_image = F.cross_entropy(scores.T[has][:, has], torch.arange(int(has.sum())))
    return (to_audio + to_image) / 2


def common_fate(tokens, regions):
    """Tokens that move together (or all stand still) get like features, others unlike ones."""
    unit = F.normalize(tokens, dim=-1)
    similar = unit @ unit.transpose(1, 2)
    known = regions >= 0
    both = (known[:, :, None] & known[:, None]).float()
    same = (regions[:, :, None] == regions[:, None]).float() * both
    other = both - same
    pull = ((1 - similar) ** 2 * same).sum((1, 2)) / same.sum((1, 2)).clamp_min(1)
    push = (similar.clamp_min(0) ** 2 * other).sum((1, 2)) / other.sum((1, 2)).clamp_min(1)
    return (pull + push).mean()


def still_tokens(joint, regions, audio):
    """Tokens that stand still should fit no sound of the batch."""
    fit = (torch.einsum("btj,aj->bta", joint, audio) + 0.1).clamp_min(0)
    still = (regions == 0).float()
    return (fit.square().mean(-1) * still).sum() / still.sum().clamp_min(1)


def levels(means, valid, audio):
    """Absolute cosines: the best region of a picture should be near its own sound, and sounds far from each other.

    Contrast alone settles only differences, while the choice of clusters compares a cosine with a fixed threshold.
    """
    own = torch.einsum("brj,bj->br", means, audio).masked_fill(~valid, -1).max(1).values
    near = (0.7 - own).clamp_min(0).square()[valid.any(1)].mean()
    return near + audio.mean(0).square().sum()


def augmented_audio(logmel):
    """Noise floors as recordings and codecs have them, and a level of its own for every clip."""
    x = logmel.float() + torch.empty(len(logmel), 1, 1).uniform_(-1, 1)
    floor = torch.empty(len(x), 1, 1).uniform_(-16, -9)
    x = torch.where(torch.rand(len(x), 1, 1) < 0.5, torch.logaddexp(x, floor + 0.5 * torch.randn_like(x)), x)
    cut = x.amax((1, 2), keepdim=True) - torch.empty(len(x), 1, 1).uniform_(11, 18)
    gate = torch.rand(len(x), 1, 1) < 0.3
    return torch.where(gate & (x < cut), torch.full_like(x, -15.942385), x).clamp_min(-15.942385)


def padded_free_columns():
    """Audio tokens that see sound (98 of 204 columns are filled): the others are all alike."""
    return torch.tensor([r * 19 + c for r in range(12) for c in range(10)])


def kept(batch, total, keep):
    return torch.rand(batch, total).argsort(1)[:, :keep]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("train")
    options.add_argument("out")
    options.add_argument("--start", help="state to continue from")
    options.add_argument("--minutes", type=float, default=15)
    options.add_argument("--steps", type=int, default=1200, help="schedule length; stops earlier if time is up")
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--keep", type=int, default=96, help="image tokens per frame; 256 = all")
    options.add_argument("--still", type=float, default=10, help="weight of the signal that still things are silent")
    options.add_argument("--rate", type=float, default=1.5e-3)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    world = data.World(args.train)
    mels = data.all_fbanks(world)
    regions = torch.from_numpy(data.moving_regions(world.motion)).flatten(1)
    model = models.imagebind()
    if args.start:
        model.load_state_dict(torch.load(args.start))
    else:
        model["vision"].stem.data.copy_(whitened_stem(world, models.VISION["width"]))
    weights = [p for p in model.parameters() if p.ndim > 1 and p.shape[0] > 1]
    rest = [p for p in model.parameters() if not (p.ndim > 1 and p.shape[0] > 1)]
    groups = [dict(params=weights, weight_decay=0.03), dict(params=rest, weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98))
    columns = padded_free_columns()
    full = args.keep >= 256
    begin, totals, order = time.time(), torch.zeros(6), torch.randperm(world.count)
    for step in range(args.steps):
        share = max(step / args.steps, (time.time() - begin) / 60 / args.minutes)
        if share >= 1:
            break
        rate = args.rate * min(1, (step + 1) / 60) * 0.5 * (1 + math.cos(math.pi * share))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 1e-5)
        at = step * args.batch % (world.count - args.batch)
        if at < args.batch:
            order = torch.randperm(world.count)
        pick = order[at : at + args.batch].sort().values
        frames, parts = world.frames[pick.numpy()], regions[pick].view(-1, 16, 16)
        if torch.rand(()) < 0.5:
            frames, parts = frames[:, :, ::-1], parts.flip(2)
        parts = parts.flatten(1)
        keep = None if full else kept(args.batch, 256, args.keep)
        parts = parts if full else parts.gather(1, keep)
        sound = data.audio_patches(augmented_audio(mels[pick]))
        heard = None if full else columns[kept(args.batch, len(columns), 64)]
        if not full and step % 2 == 0:  # every second step with a token of the zero padding, too
            heard = torch.cat([heard, torch.full((args.batch, 1), 14)], 1)

        image = model["vision"](data.image_patches(frames), keep)
        audio = model["audio"](sound, heard)
        joint = F.normalize(model["vision"].head(image), dim=-1)
        voice = F.normalize(model["audio"].head(audio[:, 0]), dim=-1)
        means, valid = region_means(joint[:, 1:], parts)
        whole = 12 * joint[:, 0] @ voice.T
        own = torch.arange(args.batch)
        losses = torch.stack([
            alignment(means, valid, voice, 12.0),
            common_fate(image[:, 1:], parts),
            still_tokens(joint[:, 1:], parts, voice),
            (F.cross_entropy(whole, own) + F.cross_entropy(whole.T, own)) / 2,
            levels(means, valid, voice),
        ])
        loss = losses @ torch.tensor([1.0, 1.0, args.still, 0.25, 1.0])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        totals += torch.cat([losses.detach(), torch.ones(1)])
        if step % 25 == 24:
            shown = (totals / totals[5])[:5].tolist()
            print(f"{step + 1} {time.time() - begin:.0f}s align {shown[0]:.3f} fate {shown[1]:.3f} "
                  f"still {shown[2]:.4f} class token {shown[3]:.3f} levels {shown[4]:.3f}", flush=True)
            totals.zero_()
        if step % 100 == 99:
            torch.save(model.state_dict(), args.out)
    torch.save(model.state_dict(), args.out)


if __name__ == "__main__":
    main()
