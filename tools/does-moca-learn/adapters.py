"""AdaAV modules and the image trunk from the first adapted block on."""

import torch
from torch import nn
from torch.nn import functional as F


class AdaAV(nn.Module):
    def __init__(self, image_width, audio_width, bottleneck, latents, seed):
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        normal = lambda rows, columns, std: nn.Parameter(torch.randn(rows, columns, generator=random) * std)
        self.latents = normal(latents, audio_width, 0.02)
        self.down_v = normal(bottleneck, image_width, image_width**-0.5)
        self.down_a = normal(bottleneck, audio_width, audio_width**-0.5)
        self.up = normal(image_width, bottleneck, bottleneck**-0.5)
        self.gate = nn.Parameter(torch.zeros(1))
        self.gate_av = nn.Parameter(torch.ones(1))

    def forward(self, audio, image):
        na = F.layer_norm(audio, audio.shape[-1:], eps=1e-6)
        nv = F.layer_norm(image, image.shape[-1:], eps=1e-6)
        compress = (self.latents @ na.transpose(1, 2) / audio.shape[-1] ** 0.5).softmax(-1)
        t = (self.latents + compress @ na) @ self.down_a.T
        t = t.repeat(len(image) // len(audio), 1, 1)  # several pictures with the same sounds
        u = nv @ self.down_v.T
        p = (u @ t.transpose(1, 2) / u.shape[-1] ** 0.5).softmax(-1)
        z = u + self.gate_av * (p @ t)
        return self.gate * (z.relu() @ self.up.T)


class AdaptedTrunk(nn.Module):
    """The last `count` blocks of the frozen image trunk with two adapters each, paired with the last audio blocks."""

    def __init__(self, trunk, count, bottleneck=16, latents=4, seed=0, audio_width=96):
        super().__init__()
        self.frozen = [trunk]  # in a list: not a sub-module, no parameters of it are ours
        self.first = len(trunk.blocks) - count
        width = trunk.stem.shape[0]
        self.adaav = nn.ModuleList(
            nn.ModuleDict({
                place: AdaAV(width, audio_width, bottleneck, latents, seed * 1000 + 10 * j + k)
                for k, place in enumerate(("attn", "mlp"))
            })
            for j in range(count)
        )

    def forward(self, x, audio):
        """x [B,2,257,width]: what enters the first adapted block, and its frozen state between attention and MLP.

        audio: per adapted block [B or a divisor of it,2,k,width]. Returns head-normed tokens. No adapter sits before the
        first block's attention, so that its result is the frozen one and is read from the cache.
        """
        trunk = self.frozen[0]
        x, y = x[:, 0], x[:, 1]
        for block, adapter, states in zip(trunk.blocks[self.first :], self.adaav, audio):
            if y is None:
                y = x + block.attn(block.norm_1(x))
            y = y + adapter["attn"](states[:, 0], x)
            x = y + block.mlp(block.norm_2(y)) + adapter["mlp"](states[:, 1], y)
            y = None
        return trunk.head_norm(x)

    def joint(self, tokens):
        return F.normalize(self.frozen[0].head(tokens), dim=-1)


class Cache:
    """What cache.py wrote, for one folder."""

    def __init__(self, folder, blocks):
        import numpy as np

        open_ = lambda name: np.load(f"{folder}/{name}.npy", mmap_mode="r")
        self.image = open_(f"image{4 - blocks}")
        self.audio = [open_(f"audio{b}") for b in range(4 - blocks, 4)]
        self.joint, self.voice, self.summary = open_("joint"), open_("voice"), open_("class")
        self.folder = folder

    def images(self, index):
        return torch.from_numpy(self.image[index]).float()

    def sounds(self, index):
        return [torch.from_numpy(a[index]).float() for a in self.audio]


def pma(f, g, weights=None, w_ssd=1.0, w_ncc=1.0):
    """Scanline pixel matching, whole row, window 1, image norm. f, g [B,256,C] -> cost [B]; weights [B,256] sum to 1."""
    unit = lambda x: x / x.square().sum(-1).mean(1)[:, None, None].sqrt()
    f, g = unit(f), unit(g)
    b, p, c = f.shape
    side = int(p**0.5)
    f, g = f.reshape(b * side, side, c), g.reshape(b * side, side, c)
    a = f @ g.transpose(1, 2)
    u, v = f.square().sum(-1)[:, :, None], g.square().sum(-1)[:, None, :]
    m = (u * v).sqrt()
    cost = w_ssd * (u + v - 2 * a) / 2 + w_ncc * (1 - a / m.clamp_min(1e-6))
    best = cost.min(-1).values.reshape(b, p)
    return best.mean(1) if weights is None else (best * weights).sum(1)
