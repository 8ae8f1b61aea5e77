"""Neighbour quality of the DINO-form weights: do pictures with like mean features hold like objects?"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

import data
import models
from train_dino import images


def main():
    options = argparse.ArgumentParser()
    options.add_argument("state")
    options.add_argument("world")
    options.add_argument("--neighbours", type=int, default=7)
    args = options.parse_args()
    torch.set_num_threads(1)
    world = data.World(args.world)
    model = models.Dino(**models.DINO)
    model.load_state_dict(torch.load(args.state))
    with torch.no_grad():
        parts = [model(images(world.frames[i : i + 32]))[:, 1:].mean(1) for i in range(0, world.count, 32)]
    unit = F.normalize(torch.cat(parts), dim=-1)
    similar = unit @ unit.T
    similar.fill_diagonal_(-2)
    near = similar.topk(args.neighbours).indices
    seen = torch.zeros(world.count, 9, dtype=torch.bool)
    for i in range(world.count):
        seen[i, np.unique(world.labels[i]).astype(int)] = True
    seen = seen[:, 1:]
    heard = torch.tensor([[int(b) >> c & 1 for c in range(8)] for b in world.sounding], dtype=torch.bool)
    with_sound = heard.any(1)
    contains = (heard[:, None] & seen[near]).any(-1).float()[with_sound].mean()
    chance = (heard[:, None] & seen[None]).any(-1).float()[with_sound].mean()
    overlap = (seen[:, None] & seen[near]).sum(-1).float() / (seen[:, None] | seen[near]).sum(-1)
    print(f"{args.world}: a neighbour shows the anchor's sounding class in {contains:.2f} of the cases "
          f"(any picture: {chance:.2f}); classes in common / in either {overlap.mean():.2f}")


if __name__ == "__main__":
    main()
