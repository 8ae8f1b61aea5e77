"""Sounds of two clips added up: states of the audio trunk for pairs (p, q) where the frozen model sees q's sound in p's picture.

    python mixtures.py --arrays ARRAYS/train --cache CACHE --count 3000
"""

import argparse

import numpy as np
import torch

import adapters
import cache
import train as training

import data


@torch.no_grad()
def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--arrays", required=True)
    options.add_argument("--cache", required=True)
    options.add_argument("--count", type=int, default=3000)
    options.add_argument("--area", type=float, default=0.06, help="least share of the picture that has to answer to the second sound")
    args = options.parse_args()
    torch.set_num_threads(1)
    model = cache.imagebind(cache.WEIGHTS / "imagebind-demo.safetensors")
    world, frozen = data.World(args.arrays), adapters.Cache(f"{args.cache}/train", 1)
    votes = np.load(f"{args.cache}/train/votes.npy", mmap_mode="r")
    random, n = np.random.default_rng(0), world.count
    first = random.permutation(n)[: args.count]
    second = np.full(len(first), -1)
    for i in range(0, len(first), 100):
        for _ in range(8):
            open_ = np.flatnonzero(second[i : i + 100] < 0) + i
            other = random.integers(0, n, len(open_))
            both = training.consensus(frozen, votes, first[open_], other)
            own = training.consensus(frozen, votes, first[open_], first[open_])
            fresh = (both * (1 - own)).mean(1).numpy() > args.area
            second[open_[fresh]] = other[fresh]
    pairs = np.stack([first, second], 1)[second >= 0]
    states = np.lib.format.open_memmap(f"{args.cache}/train/mixed.npy", "w+", np.float16, (len(pairs), 2, 2, 229, 96))
    voices = np.zeros((len(pairs), 128), np.float32)
    for i in range(0, len(pairs), 32):
        waves = world.waves[pairs[i : i + 32, 0]].astype(np.float32) + world.waves[pairs[i : i + 32, 1]].astype(np.float32)
        heard, voice = cache.audio_states(model["audio"], cache.waves_to_patches(waves))
        states[i : i + 32] = heard[:, 4:].unflatten(1, (2, 2)).numpy()  # the last two blocks
        voices[i : i + 32] = voice.numpy()
    np.save(f"{args.cache}/train/mixed_pairs.npy", pairs), np.save(f"{args.cache}/train/mixed_voice.npy", voices)
    print(f"{len(pairs)} mixtures of {len(first)} tries")


if __name__ == "__main__":
    main()
