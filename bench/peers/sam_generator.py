"""The automatic mask generator the naive way: all masks of a batch are enlarged to the picture before they are looked at.

Nothing is filtered by predicted IoU or stability, so every candidate is measured, the dearest case; box suppression at 0.7."""

import numpy as np
import torch
import torch.nn.functional as F

from filler import fill
from sam import SIDE

BATCH, OFFSET, OVERLAP = 64, 1.0, 0.7
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def picture():
    """[1024, 1024, 3], bytes."""
    return np.clip(fill("input.picture", (SIDE, SIDE, 3)) * np.float32(40) + np.float32(128), 0, 255).astype(np.uint8)


def boxes_of(masks):
    """[n, 4] of masks [n, H, W]: least column, least row, largest column, largest row; zeros where nothing is set."""
    edges = []
    for axis in (1, 2):
        line = masks.any(axis)
        place = torch.arange(line.shape[1], device=masks.device)
        edges.append((torch.where(line, place, line.shape[1]).amin(1), torch.where(line, place, -1).amax(1)))
    boxes = torch.stack([edges[0][0], edges[1][0], edges[0][1], edges[1][1]], 1)
    return torch.where(masks.flatten(1).any(1)[:, None], boxes, 0)


def run_lengths(mask):
    """Column by column, background first."""
    flat = mask.T.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], changes, [flat.size]]))
    return np.concatenate([[0], lengths]) if flat[0] else lengths


def suppress(boxes, scores):
    """Numbers of the boxes that stay, best first."""
    boxes = boxes.float()
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = scores.sort(descending=True, stable=True).indices
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low = torch.maximum(boxes[best, :2], boxes[rest, :2])
        high = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        inter = (high - low).clamp_min(0).prod(1)
        order = rest[~(inter / (area[best] + area[rest] - inter) > OVERLAP)]
    return kept


def generate(encoder, decoder, rgb, side):
    """Records (run lengths, box, predicted IoU, stability) of the surviving masks of a 1024 x 1024 picture."""
    device = encoder.pos_embed.device
    mean, std = (torch.tensor(v, device=device).view(3, 1, 1) for v in (MEAN, STD))
    pixels = (torch.from_numpy(rgb).to(device).permute(2, 0, 1).float() - mean) / std
    embedding = encoder(pixels[None])
    line = (torch.arange(side, dtype=torch.float64) + 0.5) / side * SIDE
    y, x = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x, y], -1).reshape(-1, 2).float().to(device)
    found = []
    for first in range(0, len(points), BATCH):
        logits, iou = decoder(embedding, points[first : first + BATCH])
        logits = F.interpolate(logits, (SIDE, SIDE), mode="bilinear", align_corners=False)
        logits = F.interpolate(logits[..., : rgb.shape[0], : rgb.shape[1]], rgb.shape[:2], mode="bilinear", align_corners=False)
        logits = logits.flatten(0, 1)
        stability = (logits > OFFSET).sum((1, 2)) / (logits > -OFFSET).sum((1, 2))
        masks = logits > 0
        boxes = boxes_of(masks)
        lengths = [run_lengths(mask) for mask in masks.cpu().numpy()]
        found += zip(lengths, boxes, iou.flatten(), stability)
    kept = suppress(torch.stack([f[1] for f in found]), torch.stack([f[2] for f in found]))
    return [found[i] for i in kept]
