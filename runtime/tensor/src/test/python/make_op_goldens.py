#!/usr/bin/env python3
"""Makes src/test/resources/goldens/ops.safetensors: small inputs and PyTorch's results for every op of the reference backend.

Float results are computed in float64 and stored as float32; the tensors under "bf16." are what PyTorch computes when
everything is bfloat16. Run with PyTorch and NumPy installed:  python make_op_goldens.py
"""

import json
import struct
from pathlib import Path

import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[1] / "resources" / "goldens" / "ops.safetensors"
NAMES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.int32: "I32"}
tensors = {}


def keep(name, value):
    value = value.detach().contiguous()
    tensors[name] = value.float() if value.dtype == torch.float64 else value
    return value


def given(name, *shape, scale=1.0, shift=0.0):
    """A float32 input, kept, as float64 for the computation."""
    return keep(name, (torch.randn(*shape) * scale + shift)).double()


def linear():
    x = given("linear.x", 2, 7, 19)
    w = given("linear.weight", 11, 19, scale=0.3)
    b = given("linear.bias", 11)
    r = given("linear.residual", 2, 7, 11)
    y = keep("linear.none", F.linear(x, w, b))
    keep("linear.nobias", F.linear(x, w))
    keep("linear.relu", F.relu(y))
    keep("linear.gelu", F.gelu(y))
    keep("linear.quick_gelu", y * torch.sigmoid(1.702 * y))
    keep("linear.residual_gelu", r + F.gelu(y))


def matmul():
    a = given("matmul.a", 2, 3, 5, 7)
    b = given("matmul.b", 2, 1, 4, 7)
    keep("matmul.y", 0.25 * (a @ b.transpose(-1, -2)))


def norms():
    x = given("norm.x", 3, 5, 37, scale=2, shift=4)
    gamma = given("norm.gamma", 37)
    beta = given("norm.beta", 37)
    keep("norm.layer", F.layer_norm(x, (37,), gamma, beta, 1e-5))
    keep("norm.layer_plain", F.layer_norm(x, (37,), None, None, 1e-6))
    keep("norm.softmax", torch.softmax(0.7 * x, -1))
    keep("norm.l2", F.normalize(x, dim=-1))


def attention():
    heads, hd, hdv = 3, 8, 12
    q = given("attention.q", 2, 5, heads * hd)
    k = given("attention.k", 2, 9, heads * hd)
    v = given("attention.v", 2, 9, heads * hdv)
    bias = given("attention.bias", 2, heads, 5, 9)
    bias[1, 2, 3, 4:] = -torch.inf
    keep("attention.bias", bias)
    key_mask = torch.zeros(1, 1, 1, 9, dtype=torch.float64)
    key_mask[..., 6:] = -torch.inf
    keep("attention.key_mask", key_mask)
    split = lambda t: t.view(2, t.shape[1], heads, -1).transpose(1, 2)
    join = lambda t: t.transpose(1, 2).reshape(2, 5, -1)
    keep("attention.y", join(F.scaled_dot_product_attention(split(q), split(k), split(v), scale=0.3)))
    for name, term in (("biased", bias), ("masked", key_mask.expand(2, heads, 5, 9))):
        y = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=term, scale=0.3)
        keep("attention." + name, join(y))
    keep("attention.weights", torch.softmax(0.3 * split(q) @ split(k).transpose(-1, -2), -1))


def convolution():
    x = given("conv.x", 2, 6, 11, 13)
    cases = {
        "plain": dict(weight=(5, 6, 3, 3)),
        "uneven": dict(weight=(4, 6, 3, 5), stride=(2, 3), padding=(1, 2)),
        "dilated": dict(weight=(3, 6, 3, 2), padding=(2, 1), dilation=(2, 3)),
        "grouped": dict(weight=(9, 2, 3, 3), padding=(1, 1), groups=3),
        "depthwise": dict(weight=(6, 1, 2, 2), stride=(2, 2), groups=6),
    }
    for name, case in cases.items():
        w = given(f"conv.{name}.weight", *case.pop("weight"), scale=0.2)
        b = given(f"conv.{name}.bias", w.shape[0])
        keep(f"conv.{name}.y", F.conv2d(x, w, b, **case))
    patches = F.unfold(x, (3, 4), stride=(2, 3)).transpose(1, 2)
    keep("conv.unfold", patches)
    keep("conv.pool_max", F.max_pool2d(x, 3, 2, 1))
    keep("conv.pool_average", F.avg_pool2d(x, 3, 2, 1, count_include_pad=True))
    keep("conv.pool_average_excluding_padding", F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))


def resize():
    x = given("resize.x", 2, 3, 7, 9)
    for mode, torch_mode in (("nearest", "nearest-exact"), ("bilinear", "bilinear"), ("bicubic", "bicubic")):
        align = {} if mode == "nearest" else dict(align_corners=False)
        keep(f"resize.{mode}.up", F.interpolate(x, size=(15, 20), mode=torch_mode, **align))
        keep(f"resize.{mode}.down", F.interpolate(x, size=(4, 5), mode=torch_mode, **align))
    # the given factors, not the ratio of the sizes: steps 1 / 1.8 and 1 / 2.3
    y = F.interpolate(x, scale_factor=(1.8, 2.3), mode="bicubic", align_corners=False, recompute_scale_factor=False)
    keep("resize.bicubic.factors", y)


def elementwise():
    x = given("unary.x", 4, 31, scale=2)
    positive = keep("unary.positive", given("unary.raw", 4, 31).abs() + 0.01).float().double()
    for name in ("relu", "gelu"):
        keep("unary." + name, getattr(F, name)(x))
    keep("unary.quick_gelu", x * torch.sigmoid(1.702 * x))
    for name in ("sigmoid", "tanh", "exp", "abs"):
        keep("unary." + name, getattr(torch, name)(x))
    keep("unary.negate", -x)
    keep("unary.log", torch.log(positive))
    keep("unary.sqrt", torch.sqrt(positive))
    a = given("binary.a", 2, 1, 5)
    b = given("binary.b", 3, 1)
    for name, op in (
        ("add", torch.add),
        ("subtract", torch.sub),
        ("multiply", torch.mul),
        ("divide", torch.div),
        ("min", torch.minimum),
        ("max", torch.maximum),
    ):
        keep("binary." + name, op(a, b))


def reduce():
    x = given("reduce.x", 3, 6, 10, shift=1)
    for axis in range(3):
        keep(f"reduce.sum{axis}", x.sum(axis))
        keep(f"reduce.mean{axis}", x.mean(axis))
        keep(f"reduce.max{axis}", x.amax(axis))
        keep(f"reduce.min{axis}", x.amin(axis))
        keep(f"reduce.log_sum_exp{axis}", x.logsumexp(axis))
    keep("reduce.argmax", x.argmax(-1).int())


def bf16():
    """A transformer block's steps in pure bfloat16, for the plain bf16 formula."""
    half = torch.bfloat16
    x = keep("bf16.x", torch.randn(1, 9, 48).to(half))
    gamma = keep("bf16.gamma", (1 + 0.1 * torch.randn(48)).to(half))
    beta = keep("bf16.beta", torch.randn(48).to(half))
    w = keep("bf16.weight", (torch.randn(48, 48) / 7).to(half))
    b = keep("bf16.bias", torch.randn(48).to(half))
    keep("bf16.layer_norm", F.layer_norm(x, (48,), gamma, beta, 1e-6))
    y = keep("bf16.linear", F.linear(x, w, b))
    keep("bf16.linear_gelu", F.gelu(y))
    keep("bf16.residual", x + y)
    split = lambda t: t.view(1, 9, 3, 16).transpose(1, 2)
    scores = (split(x) @ split(y).transpose(-1, -2)) * 0.25
    weights = torch.softmax(scores, -1)
    keep("bf16.attention", (weights @ split(x)).transpose(1, 2).reshape(1, 9, 48))


def grid():
    """Attention with decomposed relative positions as Segment Anything writes it, and its windows."""
    batch, heads, hd, hdv, h, w = 2, 3, 8, 5, 3, 4
    split = lambda t: t.view(batch, h * w, heads, -1).transpose(1, 2)
    q = split(given("grid.q", batch, h * w, heads * hd))
    k = split(given("grid.k", batch, h * w, heads * hd))
    v = split(given("grid.v", batch, h * w, heads * hdv))
    distances = lambda n: torch.arange(n)[:, None] - torch.arange(n)[None, :] + n - 1
    by_row = given("grid.row_table", 2 * h - 1, hd, scale=0.5)[distances(h)]
    by_column = given("grid.column_table", 2 * w - 1, hd, scale=0.5)[distances(w)]
    at = q.reshape(batch, heads, h, w, hd)
    scores = (0.3 * q @ k.transpose(-1, -2)).view(batch, heads, h, w, h, w)
    scores = scores + torch.einsum("bnyxc,ykc->bnyxk", at, by_row)[..., :, None]
    scores = scores + torch.einsum("bnyxc,xkc->bnyxk", at, by_column)[..., None, :]
    y = torch.softmax(scores.reshape(batch, heads, h * w, h * w), -1) @ v
    keep("grid.attention", y.transpose(1, 2).reshape(batch, h * w, heads * hdv))
    x = given("grid.x", 2, 5, 7, 6)
    padding = given("grid.padding", 6)
    padded = padding.expand(2, 6, 9, 6).clone()
    padded[:, :5, :7] = x
    windows = padded.view(2, 2, 3, 3, 3, 6).permute(0, 1, 3, 2, 4, 5)
    keep("grid.windows", windows.reshape(2 * 2 * 3, 9, 6))


def write(path):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = dict(dtype=NAMES[tensor.dtype], shape=list(tensor.shape), data_offsets=[offset, offset + size])
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.view(torch.uint8 if tensor.dim() else tensor.dtype).numpy().tobytes())


if __name__ == "__main__":
    torch.manual_seed(20261121)
    for make in (linear, matmul, norms, attention, convolution, resize, elementwise, reduce, bf16, grid):
        make()
    write(OUT)
    print(f"{OUT}: {len(tensors)} tensors, {OUT.stat().st_size} bytes, torch {torch.__version__}")
