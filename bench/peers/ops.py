"""Single ops at the sizes of our models beside PyTorch's: the table that dev.earshot.bench.peers.OpRows holds too.

Imports no PyTorch, for the driver reads it: which rows there are, in which precisions, and who runs them.
"""

from dataclasses import dataclass

PREFIX = "op-"
# As a model: all rows, each at its usual batch; also what a process is started for that runs rows one after the other.
ALL = "ops"
PRODUCTS = ("fp32", "tf32", "bf16")
TYPES = ("fp32", "bf16")
FP32 = ("fp32",)
# PyTorch's fused attentions, each by itself, attention from a formula, and its products by the library that ours calls too.
# They run what they can; what they refuse is said and is no failure.
FORCED = {"torch-flash": "FLASH_ATTENTION", "torch-cudnn": "CUDNN_ATTENTION", "torch-efficient": "EFFICIENT_ATTENTION"}
FLEX, CUBLASLT = "torch-flex", "torch-cublaslt"
OPTIONAL = (*FORCED, FLEX, CUBLASLT)


@dataclass(frozen=True)
class Row:
    """``sizes`` are those of the kind, in the order of OpRows; ``batch`` is the usual one."""

    kind: str
    sizes: tuple
    batch: int
    precisions: tuple
    tuned: bool = False  # compiled, Triton's products are tried too, which takes half a minute


def layers(model, tokens, width, batch, tuned=False):
    return {
        f"linear-{model}-qkv": Row("linear", (tokens, width, 3 * width, False), batch, PRODUCTS, tuned),
        f"linear-{model}-fc1": Row("linear", (tokens, width, 4 * width, True), batch, PRODUCTS, tuned),
        f"linear-{model}-fc2": Row("residual", (tokens, 4 * width, width), batch, PRODUCTS, tuned),
    }


# The order is that of a whole run: what matters most comes first.
ROWS = (
    layers("vith", 257, 1280, 64, tuned=True)
    | {
        "matmul-4096": Row("matmul", (4096,), 1, PRODUCTS),
        "matmul-8192": Row("matmul", (8192,), 1, PRODUCTS),
        "layernorm-vith": Row("layernorm", (257, 1280), 64, TYPES),
        "layernorm-samh": Row("layernorm", (4096, 1280), 1, TYPES),
        "attention-vith": Row("attention", (257, 16, 80), 64, TYPES),
        "attention-samh": Row("grid", (1, 64, 16, 80), 1, TYPES),
        "windows-samh": Row("grid", (25, 14, 16, 80), 1, TYPES),
        "crossmodal": Row("crossmodal", (), 8, FP32),
        "kmeans-large": Row("kmeans", (4096, 1024, 64, 20), 1, FP32),
        "attention-samb": Row("grid", (1, 64, 12, 64), 1, TYPES),
        "windows-samb": Row("grid", (25, 14, 12, 64), 1, TYPES),
    }
    | layers("samh", 4096, 1280, 1)
    | layers("vitb", 197, 768, 64)
    | layers("samb", 4096, 768, 1)
)


def is_row(model):
    return model.startswith(PREFIX)


def row(model):
    name = model.removeprefix(PREFIX)
    if name not in ROWS:
        raise SystemExit(f"--models: expected {PREFIX} and one of {', '.join(ROWS)}, got {model}")
    return ROWS[name]


def tasks(models, batches, asked):
    """(model, batch, precisions) of a call; of a row each precision by itself, since a process holds one row at a time."""
    for model in models:
        if model == ALL:
            yield from table(asked)
            continue
        for batch in batches:
            if is_row(model):
                yield from ((model, batch, [precision]) for precision in wanted(row(model), asked))
            else:
                yield model, batch, asked


def table(asked):
    """All rows in the first precision that each has, then in the next: a run that is cut short has seen every row."""
    for turn in range(len(asked)):
        for name, one in ROWS.items():
            if turn < len(wanted(one, asked)):
                yield PREFIX + name, one.batch, [wanted(one, asked)[turn]]


def wanted(one, asked):
    """Where nothing that was asked for exists, fp32 is what the op does."""
    return [precision for precision in asked if precision in one.precisions] or ["fp32"]


def peers(model, precision, on_card, compiled):
    """Engines that run a row; ``compiled`` where torch-compile is wanted on a processor."""
    one = row(model)
    names = ["torch"]
    if on_card:
        names += ["torch-graph", "torch-compile-graph"]
    elif compiled:
        names.append("torch-compile")
    if one.kind == "attention":
        names += list(FORCED) if precision == "bf16" else ["torch-efficient"]
    if one.kind == "grid":
        names += ["torch-efficient", *(["torch-cudnn"] if precision == "bf16" else []), FLEX]
    if one.kind == "matmul":
        names = ["torch", *(["torch-graph", CUBLASLT] if on_card else [])]
    return names
