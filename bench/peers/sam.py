"""Segment Anything in plain PyTorch with the operations of the authors' code: scores and position terms of attention are in
memory, windows are cut from the normalised tokens, every prompt has an image stream of its own. Attributes are named as the
published checkpoint names them, so that each parameter is filled from its key."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from filler import fill

SIDE, PATCH, GRID, WINDOW, WIDTH = 1024, 16, 64, 14, 256


@dataclass(frozen=True)
class Size:
    width: int
    depth: int
    heads: int
    global_blocks: tuple


SIZES = {
    "b": Size(768, 12, 12, (2, 5, 8, 11)),
    "l": Size(1024, 24, 16, (5, 11, 17, 23)),
    "h": Size(1280, 32, 16, (7, 15, 23, 31)),
}


class LayerNorm2d(nn.Module):
    """Over the channels of each pixel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x):
        centred = x - x.mean(1, keepdim=True)
        y = centred / torch.sqrt(centred.pow(2).mean(1, keepdim=True) + 1e-6)
        return self.weight[:, None, None] * y + self.bias[:, None, None]


class Mlp(nn.Module):
    def __init__(self, width, hidden, activation):
        super().__init__()
        self.lin1 = nn.Linear(width, hidden)
        self.lin2 = nn.Linear(hidden, width)
        self.activation = activation

    def forward(self, x):
        return self.lin2(self.activation(self.lin1(x)))


class GridAttention(nn.Module):
    def __init__(self, size, side):
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.width)
        self.proj = nn.Linear(size.width, size.width)
        self.rel_pos_h = nn.Parameter(torch.empty(2 * side - 1, size.width // size.heads))
        self.rel_pos_w = nn.Parameter(torch.empty(2 * side - 1, size.width // size.heads))

    def forward(self, x):
        batch, h, w, width = x.shape
        qkv = self.qkv(x).reshape(batch, h * w, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.reshape(3, batch * self.heads, h * w, -1).unbind(0)
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
        grid = q.reshape(-1, h, w, q.shape[-1])
        place = torch.arange(h, device=x.device)
        rows = torch.einsum("bhwc,hkc->bhwk", grid, self.rel_pos_h[place[:, None] - place[None, :] + h - 1])
        columns = torch.einsum("bhwc,wkc->bhwk", grid, self.rel_pos_w[place[:, None] - place[None, :] + w - 1])
        scores = scores.view(-1, h, w, h, w) + rows[..., :, None] + columns[..., None, :]
        mixed = scores.view(-1, h * w, h * w).softmax(-1) @ v
        return self.proj(mixed.view(batch, self.heads, h, w, -1).permute(0, 2, 3, 1, 4).reshape(batch, h, w, width))


class Block(nn.Module):
    REGIONS = ("forward",)

    def __init__(self, size, windowed):
        super().__init__()
        self.windowed = windowed
        self.norm1 = nn.LayerNorm(size.width, eps=1e-6)
        self.attn = GridAttention(size, WINDOW if windowed else GRID)
        self.norm2 = nn.LayerNorm(size.width, eps=1e-6)
        self.mlp = Mlp(size.width, 4 * size.width, F.gelu)

    def forward(self, x):
        y = self.norm1(x)
        y = self.in_windows(y) if self.windowed else self.attn(y)
        x = x + y
        return x + self.mlp(self.norm2(x))

    def in_windows(self, x):
        batch, h, w, width = x.shape
        pad = -h % WINDOW
        x = F.pad(x, (0, 0, 0, pad, 0, pad))
        across = (h + pad) // WINDOW
        x = x.view(batch, across, WINDOW, across, WINDOW, width).permute(0, 1, 3, 2, 4, 5)
        x = self.attn(x.reshape(-1, WINDOW, WINDOW, width))
        x = x.view(batch, across, across, WINDOW, WINDOW, width).permute(0, 1, 3, 2, 4, 5)
        return x.reshape(batch, h + pad, w + pad, width)[:, :h, :w].contiguous()


class PatchEmbed(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, PATCH)

    def forward(self, image):
        return self.proj(image).permute(0, 2, 3, 1)


class ImageEncoder(nn.Module):
    """[B, 3, 1024, 1024] -> [B, 256, 64, 64]."""

    def __init__(self, size, blocks):
        super().__init__()
        self.patch_embed = PatchEmbed(size.width)
        self.pos_embed = nn.Parameter(torch.empty(1, GRID, GRID, size.width))
        self.blocks = nn.Sequential(*[Block(size, i not in size.global_blocks) for i in range(blocks)])
        self.neck = nn.Sequential(
            nn.Conv2d(size.width, WIDTH, 1, bias=False),
            LayerNorm2d(WIDTH),
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False),
            LayerNorm2d(WIDTH),
        )

    def forward(self, image):
        x = self.blocks(self.patch_embed(image) + self.pos_embed)
        return self.neck(x.permute(0, 3, 1, 2))


def filled(module, prefix):
    """The module on the processor, every parameter and buffer from its key."""
    module = module.to_empty(device="cpu").eval().requires_grad_(False)
    for name, target in module.state_dict().items():
        target.copy_(torch.from_numpy(fill(prefix + name, tuple(target.shape))))
    return module


def encoder(letter, blocks=None):
    """The encoder of SAM ViT-B, L or H with filler weights, and its number of blocks."""
    size = SIZES[letter]
    blocks = blocks or size.depth
    with torch.device("meta"):
        module = ImageEncoder(size, blocks)
    return filled(module, "image_encoder."), blocks


def image(batch):
    return torch.from_numpy(fill("input.image", (batch, 3, SIDE, SIDE)))
