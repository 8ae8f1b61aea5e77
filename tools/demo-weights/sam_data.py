"""Pictures, objects and prompts for the promptable network, from training arrays with masks."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

SIDE = 256  # the encoder's picture
CELLS = 64  # the decoder's masks: four cells to a patch


class Pictures:
    """Frames and maps of objects (0 background; no frame shows two objects of one number)."""

    def __init__(self, folder):
        folder = Path(folder)
        shape = json.loads((folder / "shape.json").read_text())
        n, s = shape["count"], shape["size"]
        if not (folder / "labels.u8").exists():
            raise SystemExit(f"{folder}: no labels.u8; make the arrays with --truth")
        self.count, self.size = n, s
        self.frames = np.memmap(folder / "frames.u8", np.uint8, "r", shape=(n, s, s, 3))
        self.labels = np.memmap(folder / "labels.u8", np.uint8, "r", shape=(n, s, s))


def enlarged(frame):
    """SAM's own resizing of a square frame: 8 bits, bilinear, [SIDE,SIDE,3]."""
    return np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.BILINEAR))


def turned(array, symmetry):
    """One of the eight symmetries of the square."""
    if symmetry & 1:
        array = array[:, ::-1]
    if symmetry & 2:
        array = array[::-1]
    return array.swapaxes(0, 1) if symmetry & 4 else array


def coverage(masks, cells=CELLS):
    """bool [N,S,S] -> share of every cell that a mask covers, float [N,cells,cells], exact."""
    s = masks.shape[-1]
    return F.interpolate(masks[:, None].float(), scale_factor=np.lcm(s, cells) // s, mode="nearest").unflatten(
        2, (cells, -1)).unflatten(4, (cells, -1)).mean((3, 5))[:, 0]


def point_in(mask, random, tries):
    """A pixel of the mask; of several tries the one with the least of the mask around it, so nearer to its border."""
    ys, xs = np.nonzero(mask)
    best, least = None, 2.0
    for k in random.integers(0, len(ys), tries):
        y, x = ys[k], xs[k]
        around = mask[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9].mean() if tries > 1 else 0
        if around < least:
            best, least = (x, y), around
    return np.array(best, np.float32) + random.uniform(-0.5, 0.5, 2)


def box_of(mask, random=None):
    """First and last column and row that hold the mask; with noise of a tenth of the sides, 20 pixels at most."""
    xs, ys = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    box = np.array([xs[0], ys[0], xs[-1], ys[-1]], np.float32)
    if random is not None:
        sides = np.tile(box[2:] - box[:2] + 1, 2)
        box = box + np.clip(random.normal(0, 0.1, 4) * sides, -20, 20)
    return box


def prompts(labels, random, objects, background):
    """For one frame: tokens [k,2,2] in frame pixels, their labels [k,2] and masks [k,S,S].

    `objects` prompts ask for an object, by a point (two of three) or a box; `background` points hit none, and their
    mask is empty.
    """
    numbers = np.setdiff1d(np.unique(labels), [0])
    order = random.permutation(np.resize(random.permutation(numbers), objects))
    points, kinds, masks = [], [], []
    for number in order:
        mask = labels == number
        if random.random() < 1 / 3:
            points.append(box_of(mask, random).reshape(2, 2))
            kinds.append([2, 3])
        else:
            points.append([point_in(mask, random, random.choice([1, 1, 4])), [0, 0]])
            kinds.append([1, -1])
        masks.append(mask)
    for _ in range(background):
        points.append([point_in(labels == 0, random, random.choice([1, 1, 4])), [0, 0]])
        kinds.append([1, -1])
        masks.append(np.zeros_like(mask))
    return np.array(points, np.float32), np.array(kinds), np.array(masks)


def batch(pictures, picks, random, objects=3, background=1):
    """Frames [B,SIDE,SIDE,3] and, prompts of a frame together, tokens, kinds and target coverage [B*k,...]."""
    frames, points, kinds, targets = [], [], [], []
    for pick in picks:
        symmetry = random.integers(8)
        frames.append(enlarged(np.ascontiguousarray(turned(pictures.frames[pick], symmetry))))
        p, k, m = prompts(np.ascontiguousarray(turned(pictures.labels[pick], symmetry)), random, objects, background)
        points.append(p * (SIDE / pictures.size))
        kinds.append(k)
        targets.append(coverage(torch.from_numpy(m)))
    as_tensor = lambda parts: torch.from_numpy(np.concatenate(parts))
    return np.stack(frames), as_tensor(points), as_tensor(kinds), torch.cat(targets)
