"""Makes the DINO-form demo weights from the ImageBind-form image trunk; no labels, no masks.

The student starts as the trunk itself, brought to DINO's form (patch 16 in place of 14, no layer norm before the
blocks), and is then distilled: its tokens have to agree with the trunk's, and the mean of its patch tokens, which the
neighbour table uses, has to tell the trunk's class token of the same picture from those of the rest of the batch.
"""

import argparse
import math
import time

import torch
from torch.nn import functional as F

import data
import models

SIDE = models.IMAGE_SIZE // models.DINO["patch"]  # 14


def images(frames, mean=data.IMAGENET_MEAN, std=data.IMAGENET_STD):
    """uint8 [B,S,S,3] -> float [B,3,S,S], ImageNet-normalised."""
    x = torch.as_tensor(frames.copy()).permute(0, 3, 1, 2).float().div_(255)
    return x.sub_(torch.tensor(mean)[:, None, None]).div_(torch.tensor(std)[:, None, None])


@torch.no_grad()
def warm_start(student, trunk, frames):
    """Copies the trunk into the student; the layer norm before the blocks is folded in with its average divisor."""
    width, patch = models.DINO["width"], models.DINO["patch"]
    gamma, beta = trunk.pre_norm.weight, trunk.pre_norm.bias
    patches = data.image_patches(frames)
    tokens = F.linear(patches, trunk.stem) + trunk.pos_embed[:, 1:]
    factor = gamma / tokens.std(-1, unbiased=False).mean()
    centred = lambda t: t - t.mean(0, keepdim=True)  # over the width, which is the first axis of stem and bias

    stem = F.interpolate(trunk.stem.view(width, 3, 14, 14), size=(patch, patch), mode="bilinear") * (14 / patch) ** 2
    mean, std = torch.tensor(data.IMAGEBIND_MEAN), torch.tensor(data.IMAGEBIND_STD)
    mean_, std_ = torch.tensor(data.IMAGENET_MEAN), torch.tensor(data.IMAGENET_STD)
    bias = stem.sum((2, 3)) @ ((mean_ - mean) / std)
    stem = stem * (std_ / std)[None, :, None, None]
    student.patch_embed.proj.weight.copy_(factor[:, None, None, None] * centred(stem))
    student.patch_embed.proj.bias.copy_(factor * centred(bias))

    table = trunk.pos_embed[:, 1:].transpose(1, 2).unflatten(2, (data.GRID, data.GRID))
    table = F.interpolate(table, size=(SIDE, SIDE), mode="bicubic", align_corners=False).flatten(2).transpose(1, 2)
    student.pos_embed[:, :1].zero_()
    student.pos_embed[:, 1:].copy_(factor * (table - table.mean(-1, keepdim=True)) + beta)
    student.cls_token.copy_(trunk.pre_norm(trunk.cls_token + trunk.pos_embed[:, :1]))

    names = {"attn.in_proj_weight": "attn.qkv.weight", "attn.in_proj_bias": "attn.qkv.bias",
             "attn.out_proj": "attn.proj", "norm_1": "norm1", "norm_2": "norm2"}
    blocks = {}
    for name, value in trunk.blocks.state_dict().items():
        for old, new in names.items():
            name = name.replace(old, new)
        blocks[name] = value
    student.blocks.load_state_dict(blocks)
    student.norm.load_state_dict(trunk.head_norm.state_dict())


@torch.no_grad()
def teacher_tokens(trunk, frames):
    """Normed patch tokens brought from the 16x16 to the student's 14x14 grid [B,196,D], and class tokens [B,D]."""
    tokens = trunk(data.image_patches(frames))
    grid = tokens[:, 1:].transpose(1, 2).unflatten(2, (data.GRID, data.GRID))
    grid = F.interpolate(grid, size=(SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True)
    return grid.flatten(2).transpose(1, 2), tokens[:, 0]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("train")
    options.add_argument("teacher")
    options.add_argument("out")
    options.add_argument("--minutes", type=float, default=8)
    options.add_argument("--steps", type=int, default=600)
    options.add_argument("--batch", type=int, default=24)
    options.add_argument("--rate", type=float, default=5e-4)
    options.add_argument("--threads", type=int, default=1)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)

    world = data.World(args.train)
    both = models.imagebind()
    both.load_state_dict(torch.load(args.teacher))
    trunk = both["vision"].eval()
    student = models.Dino(**models.DINO)
    warm_start(student, trunk, world.frames[:64])
    common = torch.cat([teacher_tokens(trunk, world.frames[i : i + 32])[1] for i in range(0, 256, 32)]).mean(0)

    optimizer = torch.optim.AdamW(student.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01)
    begin, shown = time.time(), []
    for step in range(args.steps):
        share = max(step / args.steps, (time.time() - begin) / 60 / args.minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = max(1e-5, args.rate * min(1, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * share)))
        pick = torch.randint(world.count, (args.batch,)).sort().values
        frames = world.frames[pick.numpy()]
        if torch.rand(()) < 0.5:
            frames = frames[:, :, ::-1]
        goal, picture = teacher_tokens(trunk, frames)
        tokens = student(images(frames))
        each = 1 - F.cosine_similarity(tokens[:, 1:], goal, dim=-1).mean()
        first = 1 - F.cosine_similarity(tokens[:, 0], picture, dim=-1).mean()
        mean = F.normalize(tokens[:, 1:].mean(1), dim=-1)
        scores = 15 * mean @ F.normalize(picture - common, dim=-1).T
        tell = F.cross_entropy(scores, torch.arange(args.batch))
        loss = each + first + 0.5 * tell
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        shown.append((each.item(), first.item(), tell.item()))
        if step % 20 == 19:
            now = torch.tensor(shown[-20:]).mean(0)
            print(f"{step + 1} {time.time() - begin:.0f}s token {now[0]:.4f} class token {now[1]:.4f} "
                  f"picture {now[2]:.3f}", flush=True)
            torch.save(student.state_dict(), args.out)
    torch.save(student.state_dict(), args.out)


if __name__ == "__main__":
    main()
