"""The rows of ops.py in PyTorch: operands from the filler, the op as one would write it for speed, and its truth in fp64.

A run is as many calls as ours takes, over as many sets of operands and results, so that both sides find them in memory and not
in a cache. On a card every engine but ``torch`` itself captures the run as a CUDA graph: what it takes is the kernels' time.
"""

import gc
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

import ops
import ops_kmeans
import torch_device
from filler import fill
from timing import Timed

PERIOD, COMPARED, EPS = 1_000_003, 1_000_000, 1e-6
LATENTS, BOTTLENECK, VIT_H = 4, 32, 257
DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}


class Refused(Exception):
    """Why an engine cannot run a row; no fault of anybody."""


class NotCaptured(Exception):
    """A run that no CUDA graph could be made of; what the card is asked in this process later may fail too."""


class Operands:
    """What OpOperands makes: the filler's numbers, repeated after a million, of small sizes where ``small``."""

    def __init__(self, dtype, device, batch, small):
        self.dtype, self.device, self.small = dtype, device, small
        self.batch = min(batch, 2) if small else batch

    def few(self, full):
        return full // 16 + 1 if self.small else full

    def narrow(self, full):
        return full // 16 if self.small else full

    def values(self, key, shape, scale=1.0, centre=0.0):
        count = math.prod(shape)
        some = fill("input." + key, (min(PERIOD, count),)) * np.float32(scale) + np.float32(centre)
        return np.resize(some, count).reshape(shape)

    def fp32(self, key, shape, scale=1.0, centre=0.0):
        return torch.from_numpy(self.values(key, shape, scale, centre)).to(self.device)

    def typed(self, key, shape, scale=1.0):
        return self.fp32(key, shape, scale).to(self.dtype)


def layer(on, tokens, into, out):
    return {
        "x": on.typed("x", (on.batch * on.few(tokens), on.narrow(into))),
        "weight": on.typed("weights", (on.narrow(out), on.narrow(into)), 1 / math.sqrt(on.narrow(into))),
        "bias": on.fp32("bias", (on.narrow(out),)),
    }


def linear(on, tokens, into, out, gelu):
    def call(x, weight, bias):
        y = F.linear(x, weight, bias)
        return F.gelu(y) if gelu else y

    return layer(on, tokens, into, out), call


def residual(on, tokens, into, out):
    tensors = layer(on, tokens, into, out)
    tensors["stream"] = on.fp32("residual", (on.batch * on.few(tokens), on.narrow(out)))
    return tensors, lambda x, weight, bias, stream: stream + F.linear(x, weight, bias)


def layernorm(on, tokens, width):
    width = on.narrow(width)
    tensors = {
        "x": on.typed("x", (on.batch * on.few(tokens), width)),
        "weight": on.fp32("gamma", (width,), 0.1, 1),
        "bias": on.fp32("beta", (width,), 0.1),
    }
    return tensors, lambda x, weight, bias: F.layer_norm(x, x.shape[1:], weight, bias, EPS)


def heads_of(qkv, heads):
    """Three views [B, heads, N, hd] of [B, N, 3 heads hd]."""
    return qkv.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)


def tokens_of(y):
    return y.transpose(1, 2).flatten(2)


def attention(on, tokens, heads, width):
    heads = 2 if on.small else heads

    def call(qkv):
        q, k, v = heads_of(qkv, heads)
        return tokens_of(F.scaled_dot_product_attention(q, k, v, scale=1 / math.sqrt(width)))

    return {"qkv": on.typed("qkv", (on.batch, on.few(tokens), 3 * heads * width))}, call


def grid(on, grids, side, heads, width):
    heads, side, grids = (2, side // 16 + 4, min(grids, 2)) if on.small else (heads, side, grids)
    tensors = {
        "qkv": on.typed("qkv", (on.batch * grids, side * side, 3 * heads * width)),
        "rows": on.fp32("rows", (2 * side - 1, width), 0.1),
        "columns": on.fp32("columns", (2 * side - 1, width), 0.1),
    }
    place = torch.arange(side, device=on.device)
    distance = place[:, None] - place[None] + side - 1  # of a query and a key along a side

    def terms(q, rows, columns):
        """The position terms of each query with every row and every column of keys, [B, heads, N, side] each."""
        at = q.unflatten(2, (side, side))
        along_rows = torch.einsum("bnhwc,hkc->bnhwk", at, rows[distance])
        along_columns = torch.einsum("bnhwc,wkc->bnhwk", at, columns[distance])
        return along_rows.flatten(2, 3), along_columns.flatten(2, 3)

    return tensors, GridAttention(heads, side, 1 / math.sqrt(width), terms)


class GridAttention:
    """Three ways: the authors' formula, a fused kernel that is given the terms of all pairs, a kernel made from the formula."""

    def __init__(self, heads, side, scale, terms):
        self.heads, self.side, self.scale, self.terms = heads, side, scale, terms

    def __call__(self, qkv, rows, columns):
        q, k, v = heads_of(qkv, self.heads)
        scores = (q * self.scale) @ k.transpose(2, 3)
        along_rows, along_columns = self.terms(q, rows, columns)
        pairs = scores.unflatten(3, (self.side, self.side)) + along_rows[..., :, None] + along_columns[..., None, :]
        return tokens_of(pairs.flatten(3).softmax(3) @ v)

    def fused(self, qkv, rows, columns):
        q, k, v = heads_of(qkv, self.heads)
        along_rows, along_columns = self.terms(q, rows, columns)
        pairs = (along_rows[..., :, None] + along_columns[..., None, :]).flatten(3)
        return tokens_of(F.scaled_dot_product_attention(q, k, v, attn_mask=pairs, scale=self.scale))

    def flexible(self):
        """The kernel is compiled alone: it reads the terms, which are made before it."""
        from torch.nn.attention.flex_attention import flex_attention

        side, scale = self.side, self.scale

        def attend(q, k, v, along_rows, along_columns):
            def with_terms(score, batch, head, query, key):
                return score + along_rows[batch, head, query, key // side] + along_columns[batch, head, query, key % side]

            return flex_attention(q, k, v, score_mod=with_terms, scale=scale)

        compiled = torch.compile(attend, dynamic=False)

        def call(qkv, rows, columns):
            q, k, v = heads_of(qkv, self.heads)
            return tokens_of(compiled(q, k, v, *(term.contiguous() for term in self.terms(q, rows, columns))))

        return call


def crossmodal(on):
    def call(tokens, latents, gate):
        weights = (tokens @ latents.transpose(1, 2) * (1 / math.sqrt(BOTTLENECK))).softmax(2)
        return tokens + gate * (weights @ latents)

    tensors = {
        "tokens": on.fp32("tokens", (on.batch, on.few(VIT_H), BOTTLENECK)),
        "latents": on.fp32("latents", (on.batch, LATENTS, BOTTLENECK)),
        "gate": on.fp32("gate", (1,), 0, 0.5),
    }
    return tensors, call


def matmul(on, side):
    side = side // 64 if on.small else side
    return {"a": on.typed("a", (side, side)), "b": on.typed("b", (side, side), 1 / math.sqrt(side))}, torch.matmul


KINDS = {
    "linear": linear,
    "residual": residual,
    "layernorm": layernorm,
    "attention": attention,
    "grid": grid,
    "crossmodal": crossmodal,
    "kmeans": ops_kmeans.kmeans,
    "matmul": matmul,
}


def as_engine(call, engine, tuned):
    """The op as an engine runs it."""
    if engine in ops.FORCED:
        from torch.nn.attention import SDPBackend, sdpa_kernel

        inner = getattr(call, "fused", call)

        def forced(*tensors):
            with sdpa_kernel(getattr(SDPBackend, ops.FORCED[engine])):
                return inner(*tensors)

        return forced
    if engine == ops.FLEX:
        return call.flexible()
    if engine.startswith("torch-compile"):
        mode = "max-autotune-no-cudagraphs" if tuned and torch.cuda.is_available() else "default"
        if isinstance(call, ops_kmeans.Lloyd):
            return call.with_compiled_step(mode)
        # A function, which is what the compiler sees best, where the op is an object.
        return torch.compile(lambda *tensors: call(*tensors), mode=mode, dynamic=False)
    return call


class Row:
    """A row prepared for one engine."""

    def __init__(self, args, engine, model, batch, precision, small, calls, sets):
        one = ops.row(model)
        dtype = DTYPES[precision]
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        on = Operands(dtype, args.device, batch, small)
        self.exact, self.plain = KINDS[one.kind](on, *one.sizes)
        # PyTorch's layers have parameters of the type that they compute in; a residual stream is fp32 on both sides.
        typed = [t if name == "stream" else t.to(dtype) for name, t in self.exact.items()]
        self.call = as_engine(self.plain, engine, one.tuned and precision == "bf16")
        self.sets = [[t.clone() for t in typed] for _ in range(sets)]
        self.results = [None] * sets
        self.calls = calls
        first = self.call(*self.sets[0])  # refusals come here, before anything is captured
        del first
        captured = args.device.startswith("cuda") and engine != "torch"
        try:
            self.run = torch_device.graphed(self.loop) if captured else self.loop
        except RuntimeError as error:
            raise NotCaptured(f"capture of {model}: {error}") from error
        self.facts = {"calls": calls, "sets": sets, "graph": captured}

    def loop(self):
        for i in range(self.calls):
            at = i % len(self.sets)
            self.results[at] = self.call(*self.sets[at])
        return self.results[0]

    def truth(self):
        """The first set's result from the same operands in fp64."""
        return self.plain(*(t.double() for t in self.exact.values()))


class Session(Timed):
    """Rows one after the other in one process."""

    def __init__(self, args):
        torch.set_grad_enabled(False)
        torch_device.prepare(args)
        if args.engine == ops.CUBLASLT:
            torch.backends.cuda.preferred_blas_library("cublaslt")
        self.args, self.facts = args, torch_device.facts(args)
        self.row = self.forward = self.result = None

    def open(self, words):
        """MODEL BATCH PRECISION BLOCKS CALLS SETS; raises Refused where an engine cannot."""
        model, batch, precision, blocks, calls, sets = words.split()
        self.row = self.forward = self.result = None  # their memory is the next row's
        gc.collect()
        torch._dynamo.reset()
        if self.args.device.startswith("cuda"):
            torch.cuda.empty_cache()
        try:
            self.row = Row(
                self.args, self.args.engine, model, int(batch), precision, blocks == "1", int(calls), int(sets)
            )
        except NotCaptured:
            raise
        except Exception as error:
            if self.args.engine in ops.OPTIONAL:
                raise Refused((str(error).strip() or repr(error)).splitlines()[0][:300]) from error
            raise
        return torch_device.facts(self.args) | {"tf32": precision == "tf32"} | self.row.facts

    @staticmethod
    def write(result, path):
        """At most a million elements, the same ones as of ours."""
        flat = result.flatten()
        step = 1 if flat.numel() <= COMPARED else flat.numel() // COMPARED + 1 | 1
        flat[::step].float().cpu().numpy().tofile(path)


def opened(session, words, finished):
    """The answer to a wish for another row."""
    try:
        facts = session.open(words)
        session.forward = finished(session.row.run, session.args.device)
        session.run(1)
        return {"ready": facts}
    except Refused as refused:
        return {"refused": str(refused)}
    except Exception as error:  # what compilers and libraries throw is not known; the driver notes it and starts anew
        return {"failure": f"{type(error).__name__}: {error}"[:1000]}


def serve(args, answer, finished):
    """Commands as in runner.py, and two more.

    open MODEL BATCH PRECISION BLOCKS CALLS SETS   another row; answers {"ready": {...}}, or {"refused": why}
    truth PATH                                     writes what the row's result should be
    """
    session = Session(args)
    answer({"ready": session.facts})
    for line in sys.stdin:
        command, *rest = line.strip().split(maxsplit=1)
        if command == "open":
            answer(opened(session, rest[0], finished))
        elif command == "warm":
            session.run(int(rest[0]))
            answer({})
        elif command == "round":
            answer({"millis": session.run(int(rest[0]))})
        elif command == "output":
            session.write(session.result, rest[0])
            answer({})
        elif command == "truth":
            session.write(session.row.truth(), rest[0])
            answer({})
        elif command == "quit":
            return
