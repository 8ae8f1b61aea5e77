"""Trains the DINO-form demo weights by distillation from the ImageBind-form image trunk; no labels, no masks.

The student's patch tokens, averaged over random windows of the picture and over all of it, have to agree with the
teacher's joint-space tokens averaged over the same windows, so that mean features of whole pictures (the neighbour
table) tell what is in them.
"""

import argparse
import math
import time

import torch
from torch import nn
from torch.nn import functional as F

import data
import models

SIDE = models.IMAGE_SIZE // models.DINO["patch"]  # 14


def images(frames, mean=data.IMAGENET_MEAN, std=data.IMAGENET_STD):
    """uint8 [B,S,S,3] -> float [B,3,S,S], ImageNet-normalised."""
    x = torch.as_tensor(frames.copy()).permute(0, 3, 1, 2).float().div_(255)
    return x.sub_(torch.tensor(mean)[:, None, None]).div_(torch.tensor(std)[:, None, None])


@torch.no_grad()
def teacher_maps(teacher, frames):
    """Joint-space tokens brought from the 16x16 to the student's 14x14 grid: [B,J,14,14]."""
    tokens = teacher(data.image_patches(frames))[:, 1:]
    joint = F.normalize(teacher.head(tokens), dim=-1).transpose(1, 2).unflatten(2, (data.GRID, data.GRID))
    return F.interpolate(joint, size=(SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("train")
    options.add_argument("teacher")
    options.add_argument("out")
    options.add_argument("--minutes", type=float, default=6)
    options.add_argument("--steps", type=int, default=600)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--rate", type=float, default=1.5e-3)
    options.add_argument("--threads", type=int, default=1)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)

    world = data.World(args.train)
    both = models.imagebind()
    both.load_state_dict(torch.load(args.teacher))
    teacher = both["vision"].eval()
    student = models.Dino(**models.DINO)
    patches = F.unfold(images(world.frames[:200]), models.DINO["patch"], stride=models.DINO["patch"])
    patches = patches.transpose(1, 2).flatten(0, 1)
    patches = patches - patches.mean(0)
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    width = models.DINO["width"]
    values, vectors = values.flip(0)[:width], vectors.flip(1)[:, :width]
    stem = (vectors / (values + 0.02 * values.mean()).sqrt()).T * 0.3
    student.patch_embed.proj.weight.data.copy_(stem.view_as(student.patch_embed.proj.weight))

    projector = nn.Linear(width, models.JOINT)  # only for the loss; not shipped
    parameters = [*student.parameters(), *projector.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.02)
    begin, shown = time.time(), []
    for step in range(args.steps):
        share = max(step / args.steps, (time.time() - begin) / 60 / args.minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = max(1e-5, args.rate * min(1, (step + 1) / 40) * 0.5 * (1 + math.cos(math.pi * share)))
        pick = torch.randint(world.count, (args.batch,)).sort().values
        frames = world.frames[pick.numpy()]
        if torch.rand(()) < 0.5:
            frames = frames[:, :, ::-1]
        goal = teacher_maps(teacher, frames)
        tokens = student(images(frames))[:, 1:]
        mine = projector(tokens).transpose(1, 2).unflatten(2, (SIDE, SIDE))
        each = (mine - goal).square().sum(1).mean()
        whole = (mine.mean((2, 3)) - goal.mean((2, 3))).square().sum(1).mean()
        loss = each + 4 * whole
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        shown.append((each.item(), whole.item()))
        if step % 50 == 49:
            mean = torch.tensor(shown[-50:]).mean(0)
            print(f"{step + 1} {time.time() - begin:.0f}s token {mean[0]:.4f} picture {mean[1]:.5f}", flush=True)
    torch.save(student.state_dict(), args.out)


if __name__ == "__main__":
    main()
