"""Reads the raw arrays of `earshot demo-world --layout training` and makes network inputs of them."""

import json
import math
from pathlib import Path

import numpy as np
import torch

GRID = 16  # vision patches per side
IMAGEBIND_MEAN = (0.48145466, 0.4578275, 0.40821073)
IMAGEBIND_STD = (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class World:
    """One folder of training arrays; `labels` and `sounding` are None where the folder has no truth."""

    def __init__(self, folder):
        folder = Path(folder)
        self.shape = json.loads((folder / "shape.json").read_text())
        n, s, c = self.shape["count"], self.shape["size"], self.shape["cells"]
        self.count, self.size = n, s
        self.frames = np.memmap(folder / "frames.u8", np.uint8, "r", shape=(n, s, s, 3))
        self.waves = np.memmap(folder / "wave.i16", "<i2", "r", shape=(n, self.shape["sampleRate"]))
        self.motion = np.memmap(folder / "motion.u8", np.uint8, "r", shape=(n, c, c))
        truth = (folder / "labels.u8").exists()
        self.labels = np.memmap(folder / "labels.u8", np.uint8, "r", shape=(n, s, s)) if truth else None
        self.sounding = np.fromfile(folder / "sounding.u8", np.uint8) if truth else None

    def sounding_masks(self):
        """[n, size, size] bool: pixels of sounding objects."""
        bits = np.concatenate([[np.uint8(0)], 1 << np.arange(8, dtype=np.uint8)]).astype(np.uint8)
        return np.stack([(bits[self.labels[i]] & self.sounding[i]) != 0 for i in range(self.count)])


def image_patches(frames, patch=14, mean=IMAGEBIND_MEAN, std=IMAGEBIND_STD):
    """uint8 [B,S,S,3] -> float [B,P,3*patch*patch], each patch in (channel, row, column) order."""
    b, s = frames.shape[:2]
    g = s // patch
    x = torch.as_tensor(np.ascontiguousarray(frames))
    x = x.view(b, g, patch, g, patch, 3).permute(0, 1, 3, 5, 2, 4).reshape(b, g * g, 3, patch * patch)
    x = x.float().div_(255)
    return x.sub_(torch.tensor(mean)[:, None]).div_(torch.tensor(std)[:, None]).flatten(2)


def _mel_filters(bins=128, fft=512, rate=16000, low=20.0, high=8000.0):
    mel = lambda f: 1127.0 * np.log1p(np.asarray(f, np.float64) / 700.0)
    delta = (mel(high) - mel(low)) / (bins + 1)
    left = mel(low) + delta * np.arange(bins)[:, None]
    q = mel(np.arange(fft // 2) * rate / fft)[None]
    weight = np.maximum(0, np.minimum((q - left) / delta, (left + 2 * delta - q) / delta))
    return torch.tensor(np.pad(weight, ((0, 0), (0, 1))), dtype=torch.float32)


_FILTERS = _mel_filters()
_WINDOW = torch.hann_window(400, periodic=False)


def fbank(waves):
    """ImageBind's log-mel of one-second waves: float [B,n] in [-1,1] -> [B,128,frames], not padded, not normalised."""
    x = waves - waves.mean(1, keepdim=True)
    x = x.unfold(1, 400, 160)
    x = x - x.mean(-1, keepdim=True)
    previous = torch.cat([x[..., :1], x[..., :-1]], -1)
    x = (x - 0.97 * previous) * _WINDOW
    power = torch.fft.rfft(x, 512).abs() ** 2
    mel = power @ _FILTERS.T
    return mel.clamp_min(1.1920929e-7).log().transpose(1, 2)


def audio_patches(logmel):
    """[B,128,frames] -> zero columns up to 204, ImageBind's normalisation, 16x16 patches: [B,228,256]."""
    x = torch.nn.functional.pad(logmel, (0, 204 - logmel.shape[-1]))
    x = (x + 4.268) / 9.138
    return x.unfold(1, 16, 10).unfold(2, 16, 10).reshape(len(x), 12 * 19, 256)


def all_fbanks(world, chunk=256):
    parts = []
    for i in range(0, world.count, chunk):
        parts.append(fbank(torch.as_tensor(world.waves[i : i + chunk].astype(np.float32)) / 32768).half())
    return torch.cat(parts)


# ---- moving regions, from motion maps alone -------------------------------------------------------------------------


def _shift(a, dy, dx, fill):
    out = np.full_like(a, fill)
    h, w = a.shape[1:]
    out[:, max(dy, 0) : h + min(dy, 0), max(dx, 0) : w + min(dx, 0)] = a[
        :, max(-dy, 0) : h + min(-dy, 0), max(-dx, 0) : w + min(-dx, 0)
    ]
    return out


# Threshold above the noise floor (grey levels, share) and width of the necks that split regions. Looked up on val: 93 %
# of the tokens called moving are object, 94 % of the object tokens are found, 91 % of a region's tokens are of one object.
ABS, REL, ERODE = 5.0, 0.5, 2
_CROSS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def moving_regions(motion, chunk=2000):
    """uint8 motion maps [n,32,32] -> int8 [n,16,16]: 0 still, 1.. number of a moving region, -1 unclear.

    Threshold above the noise floor of the frame, fill holes, split at narrow necks, number the connected parts.
    """
    return np.concatenate([_regions(np.asarray(motion[i : i + chunk])) for i in range(0, len(motion), chunk)])


def _regions(motion):
    m = motion.astype(np.float32)
    floor = np.percentile(m.reshape(len(m), -1), 20, axis=1)[:, None, None]
    moving = m > floor + np.maximum(ABS, REL * floor)
    outside = np.zeros_like(moving)
    outside[:, [0, -1], :] = ~moving[:, [0, -1], :]
    outside[:, :, [0, -1]] |= ~moving[:, :, [0, -1]]
    while True:  # what cannot be reached from the frame's border without crossing a moving cell is a hole
        grown = outside.copy()
        for dy, dx in _CROSS:
            grown |= _shift(outside, dy, dx, False)
        grown &= ~moving
        if (grown == outside).all():
            break
        outside = grown
    moving = ~outside
    core = moving
    for _ in range(ERODE):
        eroded = core.copy()
        for dy, dx in _CROSS:
            eroded &= _shift(core, dy, dx, True)
        core = eroded
    ids = np.where(core, 1 + np.arange(32 * 32, dtype=np.int32).reshape(1, 32, 32), 0)
    while True:
        grown = ids.copy()
        for dy, dx in _CROSS:
            grown = np.maximum(grown, _shift(ids, dy, dx, 0))
        grown[~core] = 0
        if (grown == ids).all():
            break
        ids = grown
    for _ in range(ERODE + 1):  # give the eroded rim back
        grown = ids.copy()
        for dy, dx in _CROSS:
            grown = np.where((grown == 0) & moving, _shift(ids, dy, dx, 0), grown)
        ids = grown
    n = len(ids)
    cells = ids.reshape(n, 16, 2, 16, 2).transpose(0, 1, 3, 2, 4).reshape(n, 256, 4)
    fg = moving.reshape(n, 16, 2, 16, 2).transpose(0, 1, 3, 2, 4).reshape(n, 256, 4).sum(-1)
    best = cells.max(-1)
    agree = (cells == best[..., None]).sum(-1)
    out = np.full((n, 256), -1, np.int8)
    out[fg == 0] = 0
    for i in range(n):
        strong = np.where((agree[i] >= 3) & (best[i] > 0), best[i], 0)
        values, counts = np.unique(strong[strong > 0], return_counts=True)
        for number, value in enumerate(values[counts >= 8][:5]):
            out[i][strong == value] = number + 1
    return out.reshape(n, 16, 16)
