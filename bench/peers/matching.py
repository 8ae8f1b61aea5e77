"""Pixel matching in PyTorch on the features of dev.earshot.bench.peers.MatchingWorkload: costs, and gradients by autograd.

Written as one would for speed in PyTorch: the anchors are scaled once, all products are batched matrix products, windows are
average pools over the stack of displacements, and the minimum selects.
"""

import numpy as np
import torch

import torch_device
from filler import fill

SIDE, CHANNELS, EPS = 16, 1280, 1e-6


def scaled(x):
    """x / sqrt(mean over the pixels of |x(p)|^2), and the squared lengths of the scaled pixels."""
    y = x / x.square().sum(-1).mean((1, 2)).sqrt()[:, None, None, None]
    return y, y.square().sum(-1)


def cost(a, u, v, n=1.0):
    ssd = (u + v - 2 * a) / (2 * n)
    m = u.sqrt() * v.sqrt()
    return ssd + 1 - torch.where(m > EPS, a / m.clamp_min(EPS), 0)


def scanline(f, u, g, v):
    """Every pixel against its row."""
    products = f @ g.transpose(2, 3)  # [B, H, W, W]
    return cost(products, u[..., :, None], v[..., None, :]).amin(-1).mean((1, 2))


def search2d(f, u, g, v):
    """Every pixel against all pixels."""
    products = f.flatten(1, 2) @ g.flatten(1, 2).transpose(1, 2)  # [B, HW, HW]
    return cost(products, u.flatten(1)[:, :, None], v.flatten(1)[:, None, :]).amin(-1).mean(1)


def displacement_tables(device):
    """For each displacement and column the matching column, and whether it lies inside the grid."""
    column = torch.arange(SIDE, device=device)[None] + torch.arange(1 - SIDE, SIDE, device=device)[:, None]
    return column.clamp(0, SIDE - 1), (column >= 0) & (column < SIDE)


def window_sum(x):
    return torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1, divisor_override=1)


def scanline_w3(f, u, g, v):
    """Every pixel against its row by 3 x 3 windows; at the borders by the places that both grids have."""
    column, inside = displacement_tables(f.device)
    mask = inside[None, :, None, :].to(f.dtype)  # [1, K, 1, W]
    products = f @ g.transpose(2, 3)
    index = column.T[None, None].expand(*products.shape[:3], -1)
    a = window_sum(products.gather(3, index).permute(0, 3, 1, 2) * mask)  # [B, K, H, W]
    squares_f = window_sum(u[:, None] * mask)
    squares_g = window_sum(v[:, :, column].permute(0, 2, 1, 3) * mask)
    n = window_sum(mask.expand(1, -1, SIDE, -1)).clamp_min(1)
    volume = cost(a, squares_f.clamp_min(EPS), squares_g.clamp_min(EPS), n)
    return volume.masked_fill(mask == 0, torch.inf).amin(1).mean((1, 2))


MODES = {"pma-scanline": scanline, "pma-scanline-w3": scanline_w3, "pma-search2d": search2d}


def workload(args, engine):
    shape = (args.batch, SIDE, SIDE, CHANNELS)
    features = [
        torch.from_numpy(fill(f"input.{name}", shape)).to(args.device).requires_grad_()
        for name in ("anchor", "positive", "negative")
    ]
    upstream = torch.full((2 * args.batch,), SIDE * SIDE / args.batch)
    upstream[args.batch :] *= -1
    upstream = upstream.to(args.device)
    mode = MODES[args.model]

    def costs(anchor, positive, negative):
        f, u = scaled(anchor)
        return torch.cat([mode(f, u, *scaled(positive)), mode(f, u, *scaled(negative))])

    forward = torch.compile(costs) if engine == "torch-compile" else costs

    def run():
        for x in features:
            x.grad = None
        result = forward(*features)
        result.backward(upstream)
        return result

    def numbers(result):
        return np.concatenate([x.detach().cpu().numpy().ravel() for x in (result, *(x.grad for x in features))])

    call = torch_device.graphed(run) if engine == "torch-graph" else run
    return call, numbers, torch_device.facts(args)
