"""Trains MoCA's adapters on cached frozen activations. Defaults: the paper's recipe. No mask, no class, no motion is read."""

import argparse
import math
import time

import numpy as np
import torch
from torch.nn import functional as F

import adapters
import cache
import sampler
import score

import pipeline


def pooled(cosines, temperature=0.05):
    """Soft maximum over tokens: log-mean-exp at 1/temperature. [...,256] -> [...]."""
    return temperature * ((cosines / temperature).logsumexp(-1) - math.log(cosines.shape[-1]))


def triplet_costs(adapted, train, batch, args, centre):
    """The paper's three passes. Returns costs, tokens, joint tokens of the anchor and the anchor's sounds."""
    anchors, positives, negatives = batch
    sounds, b = train.sounds(anchors), len(anchors)
    x = torch.cat([train.images(i) for i in batch])
    tokens = adapted(x, sounds)[:, 1:]
    f, f_pos, f_neg = tokens.split(b)
    weights = None
    if args.weighted_pma > 0:
        weights = (frozen_cosines(train, anchors, anchors, centre) / args.weighted_pma).softmax(-1)
    near, far = adapters.pma(f, f_pos, weights), adapters.pma(f, f_neg, weights)
    return near, far, f, f_pos, weights


def frozen_cosines(train, images, sounds, centre):
    """Cosine of every frozen joint token of the pictures with the voices: [b,256]."""
    joint = torch.from_numpy(train.joint[images]).float()
    voice = torch.from_numpy(train.voice[sounds]).float()
    if centre is not None:
        joint, voice = F.normalize(joint - centre[0], dim=-1), F.normalize(voice - centre[1], dim=-1)
    return (joint @ voice[:, :, None])[..., 0]


def audio_contrast(adapted, train, anchors, f, args):
    """Token-level contrast over sounds: the adapted tokens' soft maximum with their own sound against swapped ones.

    Every picture is run with `swaps` sounds of other anchors, and each sound meets as many other pictures. Nothing
    tells which token should answer.
    """
    b, swaps = len(anchors), args.swaps
    x, sounds = train.images(anchors), train.sounds(anchors)
    voice = torch.from_numpy(train.voice[anchors]).float()
    shift = [(torch.arange(b) + d) % b for d in range(1, swaps + 1)]
    if f is None:
        passes = adapted(torch.cat([x] * (1 + swaps)), [torch.cat([s] + [s[p] for p in shift]) for s in sounds])[:, 1:]
    else:
        passes = adapted(torch.cat([x] * swaps), [torch.cat([s[p] for p in shift]) for s in sounds])[:, 1:]
        passes = torch.cat([f, passes])
    joint = adapted.joint(passes).unflatten(0, (1 + swaps, b))
    with_ = torch.stack([voice] + [voice[p] for p in shift])
    cosines = torch.einsum("sbtj,sbj->sbt", joint, with_)  # [1+swaps,b,256]
    score_ = pooled(cosines, args.pool) / args.temperature
    # column b of sound p: picture (p - d) mod b heard sound p in pass d
    back = torch.stack([score_[0]] + [score_[d][(torch.arange(b) - d) % b] for d in range(1, swaps + 1)])
    contrast = (F.cross_entropy(score_.T, torch.zeros(b, dtype=torch.long)) + F.cross_entropy(back.T, torch.zeros(b, dtype=torch.long))) / 2
    return contrast, cosines, passes.unflatten(0, (1 + swaps, b))


def sharpen(cosines, f, middle, width):
    """Bimodality of the matched cosines: binary entropy of sigmoid((cosine - middle)/width), mean over tokens."""
    logit = (cosines - middle) / width
    p = logit.sigmoid()
    return F.binary_cross_entropy_with_logits(logit, p)


def ratio(cosines, middle, width):
    """Token-level noise contrast: is this the sound that came with the picture? Every token is asked, none is picked.

    Its optimum is the log density ratio of token and sound, 0 for what is independent of the sound (background) and
    negative for objects that sound elsewhere, minus log(swaps).
    """
    logit = (cosines - middle) / width
    truth = torch.zeros_like(logit)
    truth[0] = 1
    return F.binary_cross_entropy_with_logits(logit, truth)


def separate(f, cosines, middle, width):
    """Tokens whose score is high share a direction of the feature space and the others do not have it."""
    share = ((cosines.detach() - middle) / width).sigmoid()
    f = F.normalize(f, dim=-1)
    mean = F.normalize((share[..., None] * f).sum(1), dim=-1)
    return ((f @ mean[:, :, None])[..., 0] - share).square().mean()


def consensus(train, votes, images, sounds):
    """Share of the frozen pipeline's masks over several numbers of clusters, plus the frozen cosine: soft masks [b,256].

    The frozen pipeline's own opinion, for any pair of picture and sound; no truth.
    """
    labels = torch.from_numpy(votes[images]).long()
    joint = torch.from_numpy(train.joint[images]).float()
    voice = torch.from_numpy(train.voice[sounds]).float()
    total = torch.zeros(labels.shape[0], labels.shape[2])
    for i in range(labels.shape[1]):
        selected, _ = pipeline.choose(labels[:, i], joint, voice, int(labels[:, i].max()) + 1)
        total += torch.gather(selected, 1, labels[:, i]).float()
    cosine = (joint @ voice[:, :, None])[..., 0]
    return ((total / labels.shape[1] + cosine - 0.15 - 0.55) / 0.1).sigmoid()


def distil(adapted, train, votes, anchors, args, quiet, mixed):
    """Own and one swapped sound: cosines and matched features towards the consensus of the frozen pipeline.

    With --mute a third pass hears silence, whose target is nothing at all.
    """
    b, x, sounds = len(anchors), train.images(anchors), train.sounds(anchors)
    shift = (torch.arange(b) + 1) % b
    states = [torch.cat([s, s[shift]]) for s in sounds]
    voice = torch.from_numpy(train.voice[anchors]).float()
    voices = torch.cat([voice, voice[shift]])
    target = torch.cat([consensus(train, votes, anchors, anchors), consensus(train, votes, anchors, anchors[shift.numpy()])])
    if args.mute:
        pick = torch.randint(len(quiet[1]), (b,))
        states = [torch.cat([s, q[pick]]) for s, q in zip(states, quiet[0])]
        voices, target = torch.cat([voices, quiet[1][pick]]), torch.cat([target, torch.zeros(b, target.shape[1])])
    x = x.repeat(len(voices) // b, 1, 1, 1)
    if mixed is not None:
        pick = np.random.randint(len(mixed["pairs"]), size=b)
        first, second = mixed["pairs"][pick].T
        x = torch.cat([x, train.images(first)])
        both = torch.from_numpy(mixed["states"][pick][:, 2 - args.blocks :]).float()
        states = [torch.cat([s, both[:, j]]) for j, s in enumerate(states)]
        either = torch.maximum(consensus(train, votes, first, first), consensus(train, votes, first, second))
        voices, target = torch.cat([voices, torch.from_numpy(mixed["voices"][pick])]), torch.cat([target, either])
    passes = adapted(x, states)[:, 1:]
    cosines = (adapted.joint(passes) @ voices[:, :, None])[..., 0]
    answer = F.binary_cross_entropy_with_logits((cosines - args.middle) / args.width, target)
    chosen = torch.cat([torch.arange(b), torch.arange(len(voices) - b, len(voices))]) if mixed is not None else torch.arange(b)
    f, own = F.normalize(passes[chosen], dim=-1), target[chosen]
    mean = F.normalize((own[..., None] * f).sum(1), dim=-1)
    return answer, ((f @ mean[:, :, None])[..., 0] - own).square().mean()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cache", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--steps", type=int, default=10000)
    options.add_argument("--schedule", type=int, help="length of the cosine schedule; default: steps")
    options.add_argument("--batch", type=int, default=8)
    options.add_argument("--lr", type=float, default=1e-4)
    options.add_argument("--margin", type=float, default=0.3)
    options.add_argument("--blocks", type=int, default=2)
    options.add_argument("--bottleneck", type=int, default=16)
    options.add_argument("--latents", type=int, default=4)
    options.add_argument("--seed", type=int, default=0)
    # beside the recipe, all off
    options.add_argument("--triplet", type=float, default=1.0, help="weight of the paper's loss")
    options.add_argument("--weighted-pma", type=float, default=0.0, help="temperature of the token weights; 0 = plain mean")
    options.add_argument("--swapped-hinge", type=float, default=0.0, help="weight of the hinge against the anchor heard with the negative's sound")
    options.add_argument("--joint-centre", action="store_true")
    options.add_argument("--contrast", type=float, default=0.0, help="weight of the token-level contrast over sounds")
    options.add_argument("--swaps", type=int, default=2)
    options.add_argument("--temperature", type=float, default=0.07)
    options.add_argument("--pool", type=float, default=0.05)
    options.add_argument("--absent", type=float, default=0.0, help="weight: all tokens below 0 with swapped sounds")
    options.add_argument("--sharpen", type=float, default=0.0)
    options.add_argument("--ratio", type=float, default=0.0, help="weight of the token-level noise contrast")
    options.add_argument("--separate", type=float, default=0.0)
    options.add_argument("--distil", type=float, default=0.0, help="weight of the self-distillation (needs votes.npy in the cache)")
    options.add_argument("--mute", action="store_true", help="with --distil: a pass with silence, whose target is empty")
    options.add_argument("--mix", action="store_true", help="with --distil: a pass with two sounds added up (mixtures.py)")
    options.add_argument("--middle", type=float, default=0.15)
    options.add_argument("--width", type=float, default=0.1)
    options.add_argument("--sep-middle", type=float, default=0.15)
    options.add_argument("--sep-width", type=float, default=0.05)
    options.add_argument("--deaf", action="store_true", help="control: the adapters always hear silence")
    # looks along the way, on val only
    options.add_argument("--arrays")
    options.add_argument("--look", type=int, default=500)
    options.add_argument("--look-count", type=int, default=160)
    args = options.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)

    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    train = adapters.Cache(f"{args.cache}/train", args.blocks)
    adapted = adapters.AdaptedTrunk(model["vision"], args.blocks, args.bottleneck, args.latents, args.seed)
    quiet = score.silence(model, args.blocks)
    if args.deaf:
        hear = adapted.forward
        adapted.forward = lambda x, s: hear(x, [q[torch.arange(len(x)) % len(q)] for q in quiet[0]])
    centre = None
    if args.joint_centre:
        centre = torch.from_numpy(train.summary[:2000]).float().mean(0), torch.from_numpy(train.voice[:2000]).float().mean(0)
    benches = [score.Bench(f"{args.arrays}/{s}", f"{args.cache}/{s}", args.blocks, args.look_count) for s in ("val_s4", "val_ms3")] if args.arrays else []
    optimizer = torch.optim.Adam(adapted.parameters(), lr=args.lr)
    stream = sampler.triplets(np.load(f"{args.cache}/train/neighbours.npy"), args.batch, args.seed)
    schedule = args.schedule or args.steps
    votes = np.load(f"{args.cache}/train/votes.npy", mmap_mode="r") if args.distil > 0 else None
    mixed = None
    if args.mix:
        folder = f"{args.cache}/train/"
        mixed = dict(pairs=np.load(folder + "mixed_pairs.npy"), voices=np.load(folder + "mixed_voice.npy"), states=np.load(folder + "mixed.npy", mmap_mode="r"))
        np.random.seed(args.seed)
    sums, begin = {}, time.time()

    def log(name, value):
        total = sums.setdefault(name, [0.0, 0])
        total[0] += float(value)
        total[1] += 1

    def save():
        torch.save(dict(state=adapted.state_dict(), blocks=args.blocks, bottleneck=args.bottleneck, latents=args.latents, args=vars(args)), args.out)

    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.lr * 0.5 * (1 + math.cos(math.pi * step / schedule))
        batch = next(stream)
        loss, f = 0.0, None
        if args.triplet > 0 or args.swapped_hinge > 0:
            near, far, f, f_pos, weights = triplet_costs(adapted, train, batch, args, centre)
            hinge = (near - far + args.margin).clamp_min(0)
            loss = loss + args.triplet * hinge.mean()
            log("C_pos", near.mean()), log("C_neg", far.mean()), log("triplet", hinge.mean()), log("active", (hinge > 0).float().mean())
            if args.swapped_hinge > 0:
                swapped = adapted(train.images(batch[0]), train.sounds(batch[2]))[:, 1:]
                far = adapters.pma(swapped, f_pos, weights)
                hinge = (near - far + args.margin).clamp_min(0)
                loss = loss + args.swapped_hinge * hinge.mean()
                log("swapped", hinge.mean()), log("C_swap", far.mean())
        if args.distil > 0:
            answer, apart = distil(adapted, train, votes, batch[0], args, quiet, mixed)
            loss = loss + args.distil * (answer + apart)
            log("answer", answer), log("apart", apart)
        if args.contrast > 0 or args.ratio > 0:
            contrast, cosines, passes = audio_contrast(adapted, train, batch[0], f, args)
            loss = loss + args.contrast * contrast
            log("contrast", contrast), log("top_own", cosines[0].max(-1).values.mean()), log("top_other", cosines[1:].max(-1).values.mean())
            if args.absent > 0:
                absent = cosines[1:].clamp_min(0).square().mean()
                loss = loss + args.absent * absent
                log("absent", absent)
            if args.ratio > 0:
                nce = ratio(cosines, args.middle, args.width)
                loss = loss + args.ratio * nce
                log("ratio", nce)
            if args.separate > 0:
                apart = separate(passes[0], cosines[0], args.sep_middle, args.sep_width)
                loss = loss + args.separate * apart
                log("separate", apart)
            if args.sharpen > 0:
                entropy = sharpen(cosines[0], f, args.middle, args.width)
                loss = loss + args.sharpen * entropy
                log("entropy", entropy)
        if not torch.isfinite(loss):
            raise SystemExit(f"loss not finite at step {step}: anchors {batch[0].tolist()}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0:
            gates = [float(p.detach()) for name, p in adapted.named_parameters() if name.endswith("gate")]
            print(f"{step + 1} {time.time() - begin:.0f}s " + " ".join(f"{k} {a / n:.4f}" for k, (a, n) in sums.items())
                  + " gates " + " ".join(f"{g:.3f}" for g in gates), flush=True)
            sums.clear()
        if (step + 1) % args.look == 0 or step + 1 == args.steps:
            save()
            for bench in benches:
                result = score.figures(model, adapted, bench, quiet, (4,), full=step + 1 == args.steps)
                print(f"look {step + 1} {bench.name} " + " ".join(f"{k} {score.summary(v):.3f}" for k, v in result.items()), flush=True)


if __name__ == "__main__":
    main()
