"""Whether the engines of a comparison compute the same thing, asked before anything is timed."""

from pathlib import Path

import numpy as np

import kmeans
import ops
from engines import CLIPS, FRAME, OURS, PRECISIONS, Failure

# Largest allowed |difference| / max|value| against PyTorch fp32: rounding order in fp32, 11 bits of mantissa in tf32, 8 in bf16.
TOLERANCE = {"fp32": 1e-4, "tf32": 1e-2, "bf16": 5e-2}
# Gradients of a training step: where two pixels match equally well to the last digits, another winner is as good.
TRAINING_TOLERANCE = 5e-3
# With products rounded more, more of them match elsewhere: then their distance as a whole counts, |difference| / |gradients|.
TRAINING_DISTANCE = {"tf32": 0.15, "bf16": 0.5}
# Quantised activations move single values far; what a user of embeddings sees is their direction.
INT8_COSINE = 0.9
# Starting points differ, so may the optimum that is reached.
OBJECTIVE_TOLERANCE = 1e-3
# Of a single op in bf16: our error beside that of PyTorch's plain formula, both against the same operands in fp64.
TIMES_PLAIN_ERROR = 2
# Mean intersection over union of a clip's masks: a token in bf16 may well go to the cluster beside.
MASK_IOU = {"fp32": 0.99, "tf32": 0.9, "bf16": 0.7}
WIDTHS = {"dino-vitb16": 768, "dino-vits8": 384, "imagebind-image": 1280, "imagebind-audio": 768, "imagebind-adapted": 1280}


class Disagreement(Exception):
    """What differs."""


def outputs_of(engines, work):
    outputs = {}
    for engine in engines:
        path = Path(work) / f"output-{engine.name}-{engine.precision}.bin"
        engine.ask(f"output {path}")
        outputs[engine.name, engine.precision] = np.fromfile(path, np.float32)
        path.unlink()
    return outputs


def check(engines, args, model, batch):
    """Facts of each engine's agreement by (name, precision), and a Failure for each that computes something else."""
    outputs = outputs_of(engines, args.work)
    reference = truth(engines, args.work) if ops.is_row(model) else best_of_torch(outputs)
    if reference is None:
        reference = next(iter(outputs.values()))
    judge = judge_of(outputs, reference, args, model, batch)
    facts, failures = {}, []
    for key, values in outputs.items():
        try:
            finite = int(np.isfinite(values).sum())
            if values.shape != reference.shape or finite < values.size:
                raise Disagreement(f"expected {reference.size} finite values, got {finite} of {values.size}")
            facts[key] = judge(key, values)
        except Disagreement as disagreement:
            failures.append(Failure(f"{key[0]} {key[1]}: {disagreement}: not the same result"))
    return facts, failures


def best_of_torch(outputs):
    """PyTorch's result in the finest precision that was asked for."""
    return next((outputs["torch", precision] for precision in PRECISIONS if ("torch", precision) in outputs), None)


def judge_of(outputs, reference, args, model, batch):
    """A function of (key, values) to the facts of one engine's agreement."""
    if model == "kmeans":
        best = min(kmeans.objectives(firsts, batch).sum() for firsts in outputs.values())
        return lambda key, firsts: objective(firsts, reference, best, batch)
    if model in (*CLIPS, FRAME):
        return lambda key, values: outlines(key, values, reference, batch)
    if ops.is_row(model):
        plain = outputs.get(("torch", "bf16"))
        most = None if plain is None else TIMES_PLAIN_ERROR * root_mean_square(plain - reference)
        return lambda key, values: single_op(key, values, reference, model, most)
    if model.startswith("train-"):
        return lambda key, values: gradients(values, reference, key[1])
    return lambda key, values: numbers(key, values, reference, model)


def truth(engines, work):
    """What PyTorch computes in fp64 from the operands of a single op, where it takes part."""
    for engine in engines:
        if engine.name == "torch":
            path = Path(work) / "truth.bin"
            engine.ask(f"truth {path}")
            values = np.fromfile(path, np.float32)
            path.unlink()
            return values
    return None


def root_mean_square(values):
    return float(np.sqrt(np.square(values.astype(np.float64)).mean()))


def single_op(key, values, reference, model, most):
    if ops.row(model).kind == "kmeans":
        facts = {"max_relative_difference": largest_difference(values, reference)}
        if facts["max_relative_difference"] > OBJECTIVE_TOLERANCE:
            raise Disagreement(f"its objective differs by {facts['max_relative_difference']:.2e}")
        return facts
    facts = numbers(key, values, reference, model)
    facts["rms_error"] = root_mean_square(values - reference)
    if most is not None and key == (OURS, "bf16") and facts["rms_error"] > most:
        raise Disagreement(f"an error of {facts['rms_error']:.2e}, more than {TIMES_PLAIN_ERROR} x PyTorch's in bf16")
    return facts


def largest_difference(values, reference):
    return float(np.abs(values - reference).max() / np.abs(reference).max())


def gradients(values, reference, precision):
    """A training step: gradients near those of PyTorch in fp32."""
    distance = float(np.linalg.norm(values - reference) / np.linalg.norm(reference))
    facts = {"max_relative_difference": largest_difference(values, reference), "relative_distance": distance}
    if precision == "fp32":
        if facts["max_relative_difference"] > TRAINING_TOLERANCE:
            raise Disagreement(f"differs by {facts['max_relative_difference']:.2e} of the largest gradient")
    elif distance > TRAINING_DISTANCE[precision]:
        raise Disagreement(f"its gradients are {distance:.3f} of their length away")
    return facts


def numbers(key, values, reference, model):
    precision = key[1]
    facts = {"max_relative_difference": largest_difference(values, reference)}
    if model in WIDTHS and precision != "fp32":
        facts |= cosines(values.reshape(-1, WIDTHS[model]), reference.reshape(-1, WIDTHS[model]))
    if precision == "int8":
        if facts["cosine"] < INT8_COSINE:
            raise Disagreement(f"a cosine of {facts['cosine']:.4f} to fp32")
    elif facts["max_relative_difference"] > TOLERANCE[precision]:
        raise Disagreement(f"differs by {facts['max_relative_difference']:.2e} of the largest value")
    return facts


def cosines(rows, reference):
    """Mean and least cosine of the tokens' embeddings to fp32."""
    rows, reference = rows.astype(np.float64), reference.astype(np.float64)
    each = (rows * reference).sum(1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(reference, axis=1)
    return {"cosine": float(each.mean()), "least_token_cosine": float(each.min())}


def outlines(key, values, reference, frames):
    """A clip: masks that cover those of PyTorch fp32."""
    import moca_clip

    facts = moca_clip.compared(values, reference, frames)
    if facts["mask_iou"] < MASK_IOU[key[1]]:
        raise Disagreement(f"its masks overlap those of fp32 by {facts['mask_iou']:.3f}")
    return facts


def objective(firsts, reference, best, frames):
    """k-means: an objective near the best one's; the labels are compared with those of the first engine."""
    value = float(kmeans.objectives(firsts, frames).sum())
    if value > best * (1 + OBJECTIVE_TOLERANCE):
        raise Disagreement(f"its clusters' objective {value:.4f} is worse than the best of {best:.4f}")
    return {"max_relative_difference": largest_difference(firsts, reference), "objective": value}
