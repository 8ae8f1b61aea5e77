"""A small network of SAM's form; the state dictionary has the original key names as it stands.

Image stream, prompts and outputs follow Segment Anything; only the sizes differ. The encoder takes square pictures of
SIZE pixels, already normalised; prompts are in pixels of that picture.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)

ENCODER = dict(image=256, patch=16, width=128, depth=4, heads=4, window=8, whole=(1, 3))
PROMPT = 64  # width of the neck, the prompts and the decoder
DECODER = dict(heads=8, mlp=256, layers=2, hidden=64)
MASKS = 4  # one for prompts that say it all, three for those that do not


def pixels(frames):
    """uint8 [B,S,S,3] -> float [B,3,S,S], normalised. SAM resizes the longer side to the encoder's; these have it."""
    x = torch.tensor(frames, dtype=torch.float32)
    return ((x - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2).contiguous()


class Norm2d(nn.LayerNorm):
    """Layer norm over the channels of every pixel."""

    def __init__(self, channels):
        super().__init__(channels, eps=1e-6)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


# ---- image encoder --------------------------------------------------------------------------------------------------


class RelativeAttention(nn.Module):
    """Attention on a grid of side n, with a learned term for the vertical and one for the horizontal distance."""

    def __init__(self, width, heads, side):
        super().__init__()
        self.heads, self.side, self.head = heads, side, width // heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * side - 1, self.head))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * side - 1, self.head))
        steps = torch.arange(side)
        self.register_buffer("distance", steps[:, None] - steps[None] + side - 1, persistent=False)

    def forward(self, x):
        """x [B,n,n,C]."""
        b, n = len(x), self.side
        q, k, v = self.qkv(x).view(b, n * n, 3, self.heads, self.head).permute(2, 0, 3, 1, 4)
        grid = q.unflatten(2, (n, n))
        down = torch.einsum("bhyxc,ykc->bhyxk", grid, self.rel_pos_h[self.distance])
        across = torch.einsum("bhyxc,xkc->bhyxk", grid, self.rel_pos_w[self.distance])
        bias = (down[..., :, None] + across[..., None, :]).reshape(b, self.heads, n * n, n * n)
        scores = torch.baddbmm(
            bias.flatten(0, 1), q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2), alpha=self.head**-0.5
        )
        out = torch.bmm(scores.softmax(-1), v.flatten(0, 1)).view(b, self.heads, n * n, self.head)
        return self.proj(out.transpose(1, 2).reshape(x.shape))


class EncoderMlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lin1 = nn.Linear(width, 4 * width)
        self.lin2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.lin2(F.gelu(self.lin1(x)))


class EncoderBlock(nn.Module):
    def __init__(self, width, heads, grid, window):
        super().__init__()
        self.grid, self.window = grid, window  # window 0: the whole grid
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = RelativeAttention(width, heads, window or grid)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = EncoderMlp(width)

    def forward(self, x):
        y = self.norm1(x)
        if self.window:
            b, g, s = len(x), self.grid, self.window
            n = -(-g // s)
            y = F.pad(y, (0, 0, 0, n * s - g, 0, n * s - g))
            y = y.view(b, n, s, n, s, -1).transpose(2, 3).reshape(b * n * n, s, s, -1)
            y = self.attn(y).view(b, n, n, s, s, -1).transpose(2, 3).reshape(b, n * s, n * s, -1)[:, :g, :g]
        else:
            y = self.attn(y)
        x = x + y
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        return self.proj(x).permute(0, 2, 3, 1)


class ImageEncoder(nn.Module):
    def __init__(self, image, patch, width, depth, heads, window, whole):
        super().__init__()
        grid = image // patch
        self.pos_embed = nn.Parameter(torch.randn(1, grid, grid, width) * 0.02)
        self.patch_embed = PatchEmbed(width, patch)
        self.blocks = nn.ModuleList(
            EncoderBlock(width, heads, grid, 0 if i in whole else window) for i in range(depth)
        )
        self.neck = nn.Sequential(
            nn.Conv2d(width, PROMPT, 1, bias=False),
            Norm2d(PROMPT),
            nn.Conv2d(PROMPT, PROMPT, 3, padding=1, bias=False),
            Norm2d(PROMPT),
        )

    def forward(self, x):
        x = self.patch_embed(x) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.neck(x.permute(0, 3, 1, 2))


# ---- prompt encoder -------------------------------------------------------------------------------------------------


class FourierEncoding(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.randn(2, PROMPT // 2))

    def forward(self, points):
        """points [...,2], x and y in 0..1."""
        p = 2 * math.pi * ((2 * points - 1) @ self.positional_encoding_gaussian_matrix)
        return torch.cat([p.sin(), p.cos()], -1)


class PromptEncoder(nn.Module):
    def __init__(self, image, grid, hidden=16):
        super().__init__()
        self.image, self.grid = image, grid
        self.pe_layer = FourierEncoding()
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, PROMPT) for _ in range(4))
        self.not_a_point_embed = nn.Embedding(1, PROMPT)
        self.no_mask_embed = nn.Embedding(1, PROMPT)
        self.mask_downscaling = nn.Sequential(
            nn.Conv2d(1, hidden // 4, 2, 2),
            Norm2d(hidden // 4),
            nn.GELU(),
            nn.Conv2d(hidden // 4, hidden, 2, 2),
            Norm2d(hidden),
            nn.GELU(),
            nn.Conv2d(hidden, PROMPT, 1),
        )

    def positions(self):
        """Dense positional encoding [1,E,g,g]."""
        centre = (torch.arange(self.grid) + 0.5) / self.grid
        y, x = torch.meshgrid(centre, centre, indexing="ij")
        return self.pe_layer(torch.stack([x, y], -1)).permute(2, 0, 1)[None]

    def sparse(self, points, labels):
        """points [N,P,2], labels [N,P]: 1, 0, -1 (no point), 2 and 3 (corners of a box). No point is appended."""
        table = torch.cat([e.weight for e in self.point_embeddings])
        encoded = self.pe_layer((points + 0.5) / self.image) + table[labels.clamp_min(0)]
        return torch.where(labels[..., None] < 0, self.not_a_point_embed.weight, encoded)

    def dense(self, masks=None):
        """[N,E,g,g] of mask prompts [N,1,4g,4g], or [1,E,1,1] of none."""
        return self.no_mask_embed.weight[..., None, None] if masks is None else self.mask_downscaling(masks)


# ---- mask decoder ---------------------------------------------------------------------------------------------------


class Attention(nn.Module):
    def __init__(self, heads, shrink=1):
        super().__init__()
        inner = PROMPT // shrink
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(PROMPT, inner) for _ in range(3))
        self.out_proj = nn.Linear(inner, PROMPT)

    def forward(self, q, k, v):
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, k, v = split(self.q_proj(q)), split(self.k_proj(k)), split(self.v_proj(v))
        weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(2))


class DecoderMlp(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lin1 = nn.Linear(PROMPT, hidden)
        self.lin2 = nn.Linear(hidden, PROMPT)

    def forward(self, x):
        return self.lin2(F.relu(self.lin1(x)))


class TwoWayLayer(nn.Module):
    def __init__(self, heads, mlp, first):
        super().__init__()
        self.first = first
        self.self_attn = Attention(heads)
        self.norm1 = nn.LayerNorm(PROMPT)
        self.cross_attn_token_to_image = Attention(heads, 2)
        self.norm2 = nn.LayerNorm(PROMPT)
        self.mlp = DecoderMlp(mlp)
        self.norm3 = nn.LayerNorm(PROMPT)
        self.norm4 = nn.LayerNorm(PROMPT)
        self.cross_attn_image_to_token = Attention(heads, 2)

    def forward(self, q, k, start, positions):
        if self.first:
            q = self.self_attn(q, q, q)
        else:
            q = q + self.self_attn(q + start, q + start, q)
        q = self.norm1(q)
        q = self.norm2(q + self.cross_attn_token_to_image(q + start, k + positions, k))
        q = self.norm3(q + self.mlp(q))
        k = self.norm4(k + self.cross_attn_image_to_token(k + positions, q + start, q))
        return q, k


class TwoWayTransformer(nn.Module):
    def __init__(self, layers, heads, mlp):
        super().__init__()
        self.layers = nn.ModuleList(TwoWayLayer(heads, mlp, i == 0) for i in range(layers))
        self.final_attn_token_to_image = Attention(heads, 2)
        self.norm_final_attn = nn.LayerNorm(PROMPT)

    def forward(self, tokens, image, positions):
        q, k = tokens, image
        for layer in self.layers:
            q, k = layer(q, k, tokens, positions)
        q = q + self.final_attn_token_to_image(q + tokens, k + positions, k)
        return self.norm_final_attn(q), k


class Mlp3(nn.Module):
    def __init__(self, hidden, out):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(PROMPT, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, out)])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class MaskDecoder(nn.Module):
    def __init__(self, heads, mlp, layers, hidden):
        super().__init__()
        self.iou_token = nn.Embedding(1, PROMPT)
        self.mask_tokens = nn.Embedding(MASKS, PROMPT)
        self.transformer = TwoWayTransformer(layers, heads, mlp)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(PROMPT, PROMPT // 4, 2, 2),
            Norm2d(PROMPT // 4),
            nn.GELU(),
            nn.ConvTranspose2d(PROMPT // 4, PROMPT // 8, 2, 2),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList(Mlp3(PROMPT, PROMPT // 8) for _ in range(MASKS))
        self.iou_prediction_head = Mlp3(hidden, MASKS)

    def forward(self, image, positions, sparse, dense):
        """image [N,E,g,g], sparse [N,T,E], dense [N or 1,E,...]. Returns logits [N,4,4g,4g] and IoUs [N,4]."""
        g = image.shape[-1]
        start = torch.cat([self.iou_token.weight, self.mask_tokens.weight])
        tokens = torch.cat([start.expand(len(sparse), -1, -1), sparse], 1)
        rows = lambda t: t.flatten(2).transpose(1, 2)
        q, k = self.transformer(tokens, rows(image + dense), rows(positions))
        up = self.output_upscaling(k.transpose(1, 2).reshape(len(k), -1, g, g))
        weights = torch.stack([m(q[:, 1 + i]) for i, m in enumerate(self.output_hypernetworks_mlps)], 1)
        logits = (weights @ up.flatten(2)).unflatten(2, up.shape[2:])
        return logits, self.iou_prediction_head(q[:, 0])


class Sam(nn.Module):
    def __init__(self):
        super().__init__()
        self.image_encoder = ImageEncoder(**ENCODER)
        self.prompt_encoder = PromptEncoder(ENCODER["image"], ENCODER["image"] // ENCODER["patch"])
        self.mask_decoder = MaskDecoder(**DECODER)

    def decode(self, image, points, labels, masks=None):
        """image [N,E,g,g]: one embedding a prompt. Labels as in `PromptEncoder.sparse`, the padding point included."""
        prompts = self.prompt_encoder
        return self.mask_decoder(image, prompts.positions(), prompts.sparse(points, labels), prompts.dense(masks))
