"""Trains the SAM-form demo weights on the demo world's masks: class-agnostic, promptable by points, boxes and masks.

As SAM is: the three masks for ambiguous prompts share the smallest of their losses, the single mask is trained on all
prompts, focal and dice loss 20 to 1, the predicted IoU learns the true one, and prompts are corrected by a further point
where the mask is wrong. Points on the background have no mask to learn, but their predicted IoU has to be 0.
"""

import argparse
import json
import math
import struct
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import sam_data
import sam_model


def read_safetensors(path):
    blob = Path(path).read_bytes()
    size = struct.unpack("<Q", blob[:8])[0]
    header, types = json.loads(blob[8 : 8 + size]), {"F32": np.float32, "F16": np.float16}
    header.pop("__metadata__", None)
    out = {}
    for name, entry in header.items():
        first, last = (8 + size + o for o in entry["data_offsets"])
        out[name] = torch.from_numpy(np.frombuffer(blob[first:last], types[entry["dtype"]]).reshape(entry["shape"]).astype(np.float32))
    return out


def start_from_dino(model, path):
    """Takes patch embedding, positions and blocks over from the DINO-form demo weights, which have the same sizes."""
    dino = read_safetensors(path)
    encoder = model.image_encoder
    own = encoder.state_dict()
    for name in own:
        source = name.replace("lin1", "fc1").replace("lin2", "fc2")
        if source in dino and dino[source].shape == own[name].shape:
            own[name].copy_(dino[source])
    table = dino["pos_embed"][:, 1:]
    side = math.isqrt(table.shape[1])
    table = table.unflatten(1, (side, side)).permute(0, 3, 1, 2)
    grid = encoder.pos_embed.shape[1:3]
    encoder.pos_embed.data.copy_(F.interpolate(table, grid, mode="bicubic").permute(0, 2, 3, 1))


def mask_losses(logits, target):
    """Logits [N,M,h,w], target coverage [N,h,w]: focal * 20 + dice [N,M] and the IoU of the thresholded masks [N,M]."""
    t = target[:, None].expand_as(logits)
    p = logits.sigmoid()
    focal = ((p - t).square() * F.binary_cross_entropy_with_logits(logits, t, reduction="none")).mean((2, 3))
    dice = 1 - (2 * (p * t).sum((2, 3)) + 1) / (p.sum((2, 3)) + t.sum((2, 3)) + 1)
    with torch.no_grad():
        guess, truth = logits > 0, t >= 0.5
        iou = (guess & truth).sum((2, 3)) / (guess | truth).sum((2, 3)).clamp_min(1)
    return 20 * focal + dice, iou


def prompt_loss(logits, predicted, target):
    """One round's loss, and for the log the true IoU of the best of the three masks."""
    shown = target.flatten(1).amax(1) > 0
    losses, iou = mask_losses(logits[shown], target[shown])
    truth = torch.zeros_like(predicted)
    truth[shown] = iou
    best = losses[:, 1:].min(1)
    loss = best.values.mean() + losses[:, 0].mean() + F.mse_loss(predicted, truth) * 10
    return loss, iou[:, 1:].gather(1, best.indices[:, None]).mean(), losses


def corrected(points, kinds, logits, target):
    """Prompts with a further point in the middle of a cell where the mask (logits [N,h,w]) is wrong."""
    truth = target >= 0.5
    wrong = ((logits > 0) != truth).flatten(1).float()
    wrong = torch.where(wrong.sum(1, keepdim=True) > 0, wrong, truth.flatten(1).float())
    cell = torch.multinomial(wrong + 1e-9, 1)
    label = truth.flatten(1).gather(1, cell).long()
    side = sam_data.SIDE // sam_data.CELLS
    place = torch.cat([cell % sam_data.CELLS, cell // sam_data.CELLS], 1)
    place = (place + torch.rand(place.shape)) * side - 0.5
    box = kinds[:, :1] == 2  # a box's corners come last, the padding point of points, too
    new = lambda old, extra, mix: torch.where(mix, torch.cat([extra, old], 1), torch.cat([old[:, :1], extra, old[:, 1:]], 1))
    return new(points, place[:, None], box[..., None]), new(kinds, label, box)


def optimizer_of(model, rate):
    matrix = lambda p: p.ndim > 1 and p.shape[0] > 1
    groups = [
        dict(params=[p for p in model.parameters() if matrix(p)], weight_decay=0.03),
        dict(params=[p for p in model.parameters() if not matrix(p)], weight_decay=0.0),
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def step_losses(model, pictures, picks, random, second):
    """Both rounds of a step: the summed loss, figures for the log, and the best IoU of the second round."""
    frames, points, kinds, target = sam_data.batch(pictures, picks, random)
    image = model.image_encoder(sam_model.pixels(frames))
    each = len(points) // len(frames)
    image = image.repeat_interleave(each, 0)
    logits, predicted = model.decode(image, points, kinds)
    loss, best, losses = prompt_loss(logits, predicted, target)
    shown = target.flatten(1).amax(1) > 0
    figures = [loss.detach(), best, predicted.detach()[shown].amax(1).mean(), predicted.detach()[~shown].amax(1).mean()]
    again = None
    if second:
        choice = losses.argmin(1)
        chosen = logits.detach()[shown][torch.arange(len(choice)), choice]
        points, kinds = corrected(points[shown], kinds[shown], chosen, target[shown])
        masks = chosen[:, None] if random.random() < 0.7 else None
        logits, predicted = model.decode(image[shown], points, kinds, masks)
        more, again, _ = prompt_loss(logits, predicted, target[shown])
        loss = loss + 0.5 * more
    return loss, torch.stack(figures), again


def mean_gradients(model, processes):
    """Averages the gradients of all processes."""
    if processes > 1:
        gradients = [p.grad for p in model.parameters()]
        flat = torch.cat([g.flatten() for g in gradients])
        torch.distributed.all_reduce(flat)
        for gradient, part in zip(gradients, (flat / processes).split([g.numel() for g in gradients])):
            gradient.copy_(part.view_as(gradient))


class Log:
    """Means of the figures since the last line."""

    def __init__(self):
        self.totals, self.counts = torch.zeros(5), torch.zeros(5)

    def add(self, figures, corrected):
        self.totals[:4] += figures
        self.counts[:4] += 1
        if corrected is not None:
            self.totals[4] += corrected
            self.counts[4] += 1

    def line(self, step, seconds):
        loss, best, sure, junk, second = (self.totals / self.counts).tolist()
        self.__init__()
        return (f"{step} {seconds:.0f}s loss {loss:.3f} iou {best:.3f} predicted {sure:.3f} background {junk:.3f} "
                f"corrected {second:.3f}")


def train(rank, args):
    torch.set_num_threads(1)  # threads that wait for each other lose tenfold on a busy machine; processes do not
    if args.processes > 1:
        torch.distributed.init_process_group("gloo", init_method=args.meeting, rank=rank, world_size=args.processes)
    torch.manual_seed(args.seed)
    pictures = sam_data.Pictures(args.train)
    model = sam_model.Sam()
    if args.dino:
        start_from_dino(model, args.dino)
    if args.start:
        model.load_state_dict(torch.load(args.start)["model"])
    optimizer = optimizer_of(model, args.rate)
    for parameter in model.parameters():  # no step uses all of them, and the processes have to add the same lists
        parameter.grad = torch.zeros_like(parameter)
    step, before = 0, 0.0
    if args.resume and Path(args.out).exists():
        saved = torch.load(args.out)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step, before = saved["step"], saved["seconds"]
    torch.manual_seed(args.seed + 1000 * rank + step)
    random = np.random.default_rng([args.seed, rank, step])
    begin, log = time.time() - before, Log()
    share = before / 60 / args.minutes
    while share < 1:
        for group in optimizer.param_groups:
            group["lr"] = max(args.rate * min(1, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * share)), 1e-5)
        picks = random.integers(0, pictures.count, args.batch)
        loss, figures, corrected = step_losses(model, pictures, picks, random, step % 2)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        mean_gradients(model, args.processes)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        log.add(figures, corrected)
        clock = torch.tensor(time.time() - begin)
        if args.processes > 1:  # all must agree when to end
            torch.distributed.broadcast(clock, 0)
        share = float(clock) / 60 / args.minutes
        if rank == 0 and step % 50 == 0:
            print(log.line(step, float(clock)), flush=True)
        if rank == 0 and (step % 100 == 0 or share >= 1):
            state = dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step, seconds=float(clock))
            torch.save(state, args.out + ".new")
            Path(args.out + ".new").replace(args.out)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("train")
    options.add_argument("out", help="state file")
    options.add_argument("--dino", help="DINO-form demo weights to start from")
    options.add_argument("--start", help="state whose weights are the start")
    options.add_argument("--resume", action="store_true", help="continue the state file, schedule included")
    options.add_argument("--minutes", type=float, default=40)
    options.add_argument("--batch", type=int, default=8, help="pictures of a step and process")
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        args.meeting = f"file://{folder}/meeting"
        if args.processes == 1:
            train(0, args)
        else:
            torch.multiprocessing.spawn(train, (args,), args.processes)


if __name__ == "__main__":
    main()
