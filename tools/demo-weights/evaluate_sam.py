"""Scores SAM-form demo weights on val or test arrays: single prompts, then the automatic mask generator.

The generator is stated again in tensors (one crop, no small-region cleaning), so that figures can be had while training.
"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

import sam_data
import sam_model
import train_sam


def load(path):
    """A state of train_sam.py, or an exported file."""
    model = sam_model.Sam().eval()
    model.load_state_dict(train_sam.read_safetensors(path) if path.endswith(".safetensors") else torch.load(path)["model"])
    return model


def full_size(logits, size):
    """Logits [M,cells,cells] at the picture's size, in SAM's two stages."""
    x = F.interpolate(logits[:, None], (sam_data.SIDE,) * 2, mode="bilinear", align_corners=False)
    return F.interpolate(x, (size, size), mode="bilinear", align_corners=False)[:, 0]


def ious(masks, truth):
    """masks [M,S,S], truth [T,S,S] -> [M,T]."""
    a, b = masks.flatten(1).float(), truth.flatten(1).float()
    both = a @ b.T
    return both / (a.sum(1, keepdim=True) + b.sum(1) - both).clamp_min(1)


def objects(labels):
    """bool [T,S,S], and the number of each."""
    numbers = np.setdiff1d(np.unique(labels), [0])
    return torch.from_numpy(labels[None] == numbers[:, None, None]), numbers


def single_prompts(model, image, labels, truth, numbers, random):
    """For every object and a point at random in it, then its box: IoUs of [best of three, surest of three, single]."""
    size, rows = labels.shape[0], []
    for number, mask in zip(numbers, truth):
        point = np.array([sam_data.point_in(labels == number, random, 1), [0, 0]])
        corners = sam_data.box_of(labels == number).reshape(2, 2)
        prompts = torch.tensor(np.stack([point, corners]) * (sam_data.SIDE / size), dtype=torch.float32)
        logits, predicted = model.decode(image.expand(2, -1, -1, -1), prompts, torch.tensor([[1, -1], [2, 3]]))
        for one, sure in zip(logits, predicted):
            fit = ious(full_size(one, size) > 0, mask[None])[:, 0]
            rows.append([fit[1:].max(), fit[1 + sure[1:].argmax()], fit[0]])
    return torch.tensor(rows).view(-1, 2, 3)


def candidates(model, image, size, side):
    """All masks of a grid of points with an IoU worth a look: masks, predicted IoUs, stabilities, boxes."""
    centre = (np.arange(side) + 0.5) / side * sam_data.SIDE
    points = np.stack(np.meshgrid(centre, centre), -1).reshape(-1, 1, 2)
    points = torch.tensor(np.concatenate([points, points * 0], 1), dtype=torch.float32)
    masks, sure, stable = [], [], []
    for part in points.split(64):
        kinds = torch.tensor([[1, -1]]).expand(len(part), 2)
        logits, predicted = model.decode(image.expand(len(part), -1, -1, -1), part, kinds)
        logits, predicted = logits[:, 1:].flatten(0, 1), predicted[:, 1:].flatten()
        keep = predicted > 0.5
        if keep.any():
            x = full_size(logits[keep], size)
            masks.append(x > 0)
            sure.append(predicted[keep])
            stable.append((x > 1).flatten(1).sum(1) / (x > -1).flatten(1).sum(1))
    if not masks:
        return torch.zeros(0, size, size, dtype=torch.bool), torch.zeros(0), torch.zeros(0), torch.zeros(0, 4)
    masks = torch.cat(masks)
    boxes = np.array([sam_data.box_of(m) if m.any() else np.zeros(4) for m in masks.numpy()], np.float32)
    return masks, torch.cat(sure), torch.cat(stable), torch.from_numpy(boxes)


def suppressed(boxes, scores, threshold):
    """Indices that stay, best first; boxes without the further pixel, as the generator has them."""
    order, stay = scores.argsort(descending=True, stable=True), []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for i in order.tolist():
        if stay:
            kept = boxes[stay]
            sides = (torch.minimum(kept[:, 2:], boxes[i, 2:]) - torch.maximum(kept[:, :2], boxes[i, :2])).clamp_min(0)
            both = sides.prod(1)
            if (both / (area[stay] + area[i] - both) > threshold).any():
                continue
        stay.append(i)
    return stay


def survivors(found, sure, stable, nms):
    masks, predicted, stability, boxes = found
    keep = torch.nonzero((predicted > sure) & (stability >= stable))[:, 0]
    return masks[keep[suppressed(boxes[keep], predicted[keep], nms)]]


def frame_figures(proposals, truth, sounding):
    """Of one frame: proposals, best IoU of every object, share of proposals that are an object, what matching can reach.

    Matching at its best keeps the proposals that overlap a sounding object by more than half.
    """
    if len(proposals) == 0:
        return 0, torch.zeros(len(truth)), [], torch.zeros(()), None
    fit = ious(proposals, truth)
    right = (fit.max(1).values > 0.5).tolist()
    chosen = (fit[:, sounding] > 0.5).any(1)
    union = proposals[chosen].any(0)
    heard = truth[sounding].any(0)
    reach = (union & heard).sum() / (union | heard).sum().clamp_min(1)
    return len(proposals), fit.max(0).values, right, reach, fit


def settings(text):
    return [tuple(map(float, one.split("/"))) for one in text.split(",")]


@torch.no_grad()
def evaluate(model, folder, count, side, filters):
    pictures = sam_data.Pictures(folder)
    heard = np.fromfile(f"{folder}/sounding.u8", np.uint8)
    random = np.random.default_rng(0)
    singles, totals = [], {f: dict(n=[], best=[], right=[], reach=[]) for f in filters}
    for i in range(count):
        labels = np.array(pictures.labels[i])
        truth, numbers = objects(labels)
        image = model.image_encoder(sam_model.pixels(sam_data.enlarged(np.array(pictures.frames[i]))[None]))
        singles.append(single_prompts(model, image, labels, truth, numbers, random))
        if side == 0:
            continue
        sounding = torch.tensor([bool(heard[i] >> int(n) - 1 & 1) for n in numbers])
        found = candidates(model, image, pictures.size, side)
        for f in filters:
            n, best, right, reach, _ = frame_figures(survivors(found, *f), truth, sounding)
            totals[f]["n"].append(n)
            totals[f]["best"].append(best)
            totals[f]["right"] += right
            if sounding.any():
                totals[f]["reach"].append(reach)
    singles = torch.cat(singles)
    for k, name in enumerate(("point", "box")):
        best, surest, single = singles[:, k].mean(0).tolist()
        print(f"{folder} {name}: best of three {best:.3f}, surest of three {surest:.3f}, single {single:.3f}; "
              f"{(singles[:, k, 1] < 0.5).float().mean():.3f} below 0.5 ({len(singles)} objects)")
    for f, t in totals.items():
        if t["n"]:
            best = torch.cat(t["best"])
            print(f"{folder} {side}x{side} points, iou/stability/nms {f}: {np.mean(t['n']):.2f} proposals a frame, "
                  f"best IoU of an object {best.mean():.3f} ({(best > 0.5).float().mean():.3f} above 0.5), "
                  f"precision {np.mean(t['right'] or [0]):.3f}, matching reaches {torch.stack(t['reach']).mean():.3f}", flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("weights", help="state of train_sam.py or exported .safetensors")
    options.add_argument("worlds", nargs="+")
    options.add_argument("--count", type=int, default=80)
    options.add_argument("--side", type=int, default=16, help="points a side; 0: single prompts only")
    options.add_argument("--filters", type=settings, default=settings("0.88/0.95/0.7"), help="iou/stability/nms, ...")
    options.add_argument("--threads", type=int, default=1)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    model = load(args.weights)
    for folder in args.worlds:
        evaluate(model, folder, args.count, args.side, args.filters)


if __name__ == "__main__":
    main()
