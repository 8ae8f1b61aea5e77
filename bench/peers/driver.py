"""Interleaved measurement of Earshot and its peers; start it through bench/side-by-side.

Every engine is a process of its own that loads the model once. They take turns, one round at a time and in another order each
round, and whoever does not measure is stopped (SIGSTOP), so that no spinning thread disturbs the others. A slow minute of the
machine therefore hits all engines, and ratios are taken within rounds.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from report import BENCH, OURS, cpu, digits, surroundings, write

HERE = Path(__file__).resolve().parent
# Largest allowed |difference| / max|value| against PyTorch fp32: rounding order in fp32, 8 bits of mantissa in bf16.
TOLERANCE = {"fp32": 1e-4, "bf16": 5e-2}
# Gradients of a training step: where two pixels match equally well to the last digits, another winner is as good.
TRAINING_TOLERANCE = 5e-3
TF32_TOLERANCE = 1e-2
CPU_ENGINES = f"{OURS},torch,torch-unlocked,torch-compile,transformers,onnxruntime"
CARD_ENGINES = f"{OURS},torch,torch-compile,torch-graph,transformers"
# A call takes milliseconds to minutes on a processor, and less than a millisecond to some tens on a card.
CPU_EFFORT = {"iterations": 5, "warm": 3}
CARD_EFFORT = {"iterations": 30, "warm": 10}


class Failure(Exception):
    """Why one comparison, or one engine of it, gives no figures."""


@dataclass
class Engine:
    """A running process, stopped except while it answers."""

    name: str
    precision: str
    process: subprocess.Popen
    facts: dict = field(default_factory=dict)
    rounds: list = field(default_factory=list)

    def ask(self, line):
        os.kill(self.process.pid, signal.SIGCONT)
        print(line, file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} {self.precision}: ended with status {self.process.wait()}; its message is above")
        os.kill(self.process.pid, signal.SIGSTOP)
        return json.loads(line)

    def quit(self):
        if self.process.poll() is not None:
            return
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def java_command(args, model, batch, precision):
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    jars = os.environ.get("EARSHOT_JAVA_CLASSPATH") or os.path.join(BENCH, "target", "app", "*")
    cores = f"-XX:ActiveProcessorCount={args.threads}"
    return [java, "--enable-native-access=ALL-UNNAMED", cores, *args.jvm.split(), "-cp", jars, "dev.earshot.bench.peers.SideBySide",
            f"--model={model}", f"--batch={batch}", f"--precision={precision}", f"--blocks={args.blocks}",
            f"--backend={args.backend}"]  # fmt: skip


def python_command(args, engine, model, batch, precision):
    tf32 = ["--tf32"] if args.tf32 else []
    return [sys.executable, str(HERE / "runner.py"), f"--engine={engine}", f"--model={model}", f"--batch={batch}",
            f"--threads={args.threads}", f"--precision={precision}", f"--blocks={args.blocks}", f"--work={args.work}",
            f"--device={args.device}", *tf32]  # fmt: skip


def unlocked(args):
    """Environment in which MKL takes its fast paths on any maker's processor."""
    library = Path(args.work) / "unlock_mkl.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, HERE / "unlock_mkl.c"], check=True)
    return {"LD_PRELOAD": str(library)}


def has_bf16():
    flags = cpu().get("flags", "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def is_transformer(model):
    """True for the image models, which all engines run in every precision; the other workloads are fp32 only."""
    return model not in ("kmeans", "knn", "sam-decoder") and not model.startswith(("train-", "pma-", "sam-generator"))


def peers_of(model, on_card):
    """Names of the engines that can run a model on this device."""
    if model == "kmeans":
        return ["scikit-learn"]
    if model == "knn":
        return ["sklearn", "faiss", "torch"]
    if model.startswith("train-"):
        return ["torch"] if on_card else ["torch", "torch-unlocked"]
    if model.startswith("sam-"):
        on_both = ["torch"] if model.startswith("sam-generator") else ["torch", *(["torch-graph"] if on_card else ["torch-unlocked"])]
        return [*on_both, "transformers"] if model.startswith("sam-vit-") else on_both
    if on_card:
        return ["torch", "torch-compile", "torch-graph"]
    if model.startswith("pma-"):
        return ["torch", "torch-compile", "torch-unlocked"]
    # Compiled, whole models gain nothing on a processor but minutes of compilation.
    return ["torch", "torch-unlocked", "onnxruntime"]


def plan(args, model, batch):
    """(name, precision, command, extra environment) of every engine of one comparison."""
    asked = args.engines.split(",")
    for precision in args.precisions.split(",") if is_transformer(model) else ["fp32"]:
        if OURS in asked or not is_transformer(model):
            yield OURS, precision, java_command(args, model, batch, precision), {}
        for engine in peers_of(model, args.on_card):
            if engine == "scikit-learn":
                yield engine, precision, python_command(args, "sklearn", model, batch, precision), {}
            elif engine not in asked or (precision != "fp32" and engine in ("torch-unlocked", "onnxruntime")):
                continue
            elif engine == "torch-unlocked":
                yield engine, precision, python_command(args, "torch", model, batch, precision), unlocked(args)
            else:
                yield engine, precision, python_command(args, engine, model, batch, precision), {}


def start(name, precision, command, environment):
    # Thread counts of the environment would bend one side only: every engine is told its count.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_", "GOMP_", "KMP_"))}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean | environment
    )
    engine = Engine(name, precision, process)
    engine.facts = engine.answer()["ready"]
    print(f"  {name} {precision} ready {engine.facts}", file=sys.stderr)
    return engine


def compare_outputs(engines, work, tolerance):
    """Largest difference of each engine to PyTorch fp32 (or to the first engine), relative to the largest value."""
    outputs = {}
    for engine in engines:
        path = Path(work) / f"output-{engine.name}-{engine.precision}.bin"
        engine.ask(f"output {path}")
        outputs[engine.name, engine.precision] = np.fromfile(path, np.float32)
        path.unlink()
    reference = outputs.get(("torch", "fp32"))
    if reference is None:
        reference = next(iter(outputs.values()))
    differences = {}
    for (name, precision), values in outputs.items():
        if values.shape != reference.shape or not np.isfinite(values).all():
            finite = int(np.isfinite(values).sum())
            raise Failure(f"{name} {precision}: expected {reference.size} finite values, got {finite} of {values.size}")
        difference = float(np.abs(values - reference).max() / np.abs(reference).max())
        if difference > tolerance[precision]:
            raise Failure(f"{name} {precision}: differs by {difference:.2e} of the largest value: not the same model")
        differences[name, precision] = difference
    return differences


def tolerance(args, model):
    if model.startswith("train-"):
        return {"fp32": TRAINING_TOLERANCE}
    return TOLERANCE | {"fp32": TF32_TOLERANCE} if args.tf32 else TOLERANCE


def start_all(args, model, batch, engines, failures):
    """Fills ``engines``; a peer that does not start is left out and named, without ours there is nothing to compare."""
    for name, precision, command, environment in plan(args, model, batch):
        try:
            engines.append(start(name, precision, command, environment))
        except Failure as failure:
            if name == OURS:
                raise
            note_failure(failures, model, batch, failure)


def note_failure(failures, model, batch, failure):
    print(f"  {failure}", file=sys.stderr)
    failures.append({"model": model, "batch": batch, "reason": str(failure)})


def measure(args, model, batch, failures):
    print(f"{model} batch {batch}", file=sys.stderr)
    engines = []
    try:
        start_all(args, model, batch, engines, failures)
        differences = compare_outputs(engines, args.work, tolerance(args, model))
        for engine in engines:
            engine.ask(f"warm {args.warm}")
        for number in range(args.rounds):
            turn = number % len(engines)
            for engine in engines[turn:] + engines[:turn]:
                engine.ask("warm 1")  # the caches were the others' a moment ago
                engine.rounds.append(engine.ask(f"round {args.iterations}")["millis"])
            medians = "  ".join(f"{e.name}/{e.precision} {digits(statistics.median(e.rounds[-1]))}" for e in engines)
            print(f"  round {number + 1}: {medians} ms", file=sys.stderr)
    except Failure as failure:
        note_failure(failures, model, batch, failure)
        return []
    finally:
        for engine in engines:
            engine.quit()
    return [result(engine, engines, differences, model, batch, args) for engine in engines]


def result(engine, engines, differences, model, batch, args):
    ours = next((e for e in engines if e.name == OURS and e.precision == engine.precision), None)
    summary = {
        "model": model,
        "batch": batch,
        "blocks": args.blocks or "all",
        "engine": engine.name,
        "precision": engine.precision,
        "threads": args.threads,
        "device": args.device,
        "facts": engine.facts,
        "max_relative_difference": differences[engine.name, engine.precision],
        "min_millis": min(min(r) for r in engine.rounds),
        "median_millis": statistics.median(t for r in engine.rounds for t in r),
        "rounds_millis": engine.rounds,
    }
    if ours:
        pairs = [statistics.median(t) / statistics.median(o) for t, o in zip(engine.rounds, ours.rounds)]
        summary["ratio_to_earshot_median"] = statistics.median(pairs)
        summary["ratio_to_earshot_range"] = [min(pairs), max(pairs)]
    return summary


def arguments():
    parser = argparse.ArgumentParser(prog="bench/side-by-side")
    parser.add_argument("--models", default="dino-vitb16,imagebind-image,kmeans")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--device", default="cpu", help="of PyTorch: cpu, cuda, cuda:1")
    parser.add_argument("--backend", default="", help="backend of the Java side; default cpu:THREADS, or the device")
    parser.add_argument("--engines", default="", help=f"default {CPU_ENGINES}, on a card {CARD_ENGINES}")
    parser.add_argument("--precisions", default="", help="of image models; default fp32, and bf16 where the device has it")
    parser.add_argument("--tf32", action="store_true", help="on a card: fp32 products in tf32, on both sides")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, help=f"runs per round; default {CPU_EFFORT['iterations']}, on a card more")
    parser.add_argument("--warm", type=int, help=f"untimed runs before; default {CPU_EFFORT['warm']}, on a card more")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--blocks", type=int, default=0, help="only the first N blocks of a model; 0: all")
    parser.add_argument("--jvm", default="-Xmx2g", help="flags of the Java side")
    parser.add_argument("--note", default="", help="a sentence for the report")
    parser.add_argument("--name", default="", help="name of the result files, without ending")
    parser.add_argument("--out", default=BENCH / "results", type=Path, help="folder of the result files")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "earshot-peers"), help="exported models")
    args = parser.parse_args()
    args.on_card = args.device.startswith("cuda")
    if args.tf32 and not args.on_card:
        parser.error("--tf32: expected --device cuda, got --device " + args.device)
    args.backend = args.backend or (args.device + (":tf32" if args.tf32 else "") if args.on_card else f"cpu:{args.threads}")
    args.engines = args.engines or (CARD_ENGINES if args.on_card else CPU_ENGINES)
    args.precisions = args.precisions or ("fp32,bf16" if args.on_card or has_bf16() else "fp32")
    effort = CARD_EFFORT if args.on_card else CPU_EFFORT
    args.iterations = args.iterations or effort["iterations"]
    args.warm = effort["warm"] if args.warm is None else args.warm
    check(args, parser)
    return args


def check(args, parser):
    """Says in one line what would fail in every comparison."""
    engines = args.engines.split(",")
    known = set(CPU_ENGINES.split(",") + CARD_ENGINES.split(",") + ["sklearn", "faiss"])
    for name, given, allowed in (("engines", engines, known), ("precisions", args.precisions.split(","), set(TOLERANCE))):
        if unknown := set(given) - allowed:
            parser.error(f"--{name}: expected some of {', '.join(sorted(allowed))}, got {', '.join(sorted(unknown))}")
    if "torch-graph" in engines and not args.on_card:
        parser.error("engine torch-graph: expected --device cuda, got --device " + args.device)
    if args.on_card and any(engine.startswith("torch") for engine in engines):
        code = "import sys, torch_device; torch_device.require(sys.argv[1])"
        tried = subprocess.run([sys.executable, "-c", code, args.device], cwd=HERE, capture_output=True, text=True)
        if tried.returncode:
            raise SystemExit("bench/side-by-side: " + (tried.stderr.strip().splitlines() or ["PyTorch does not start"])[-1])


def main():
    args = arguments()
    Path(args.work).mkdir(parents=True, exist_ok=True)
    report = {"machine": surroundings(args), "results": [], "failures": []}
    text = ""
    for model in args.models.split(","):
        for batch in args.batches.split(","):
            report["results"] += measure(args, model, int(batch), report["failures"])
            report["machine"]["load_after"] = os.getloadavg()
            text = write(report, args)  # a later failure loses nothing
    print(text)
    sys.exit(1 if report["failures"] else 0)


if __name__ == "__main__":
    main()
