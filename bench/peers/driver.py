"""Interleaved measurement of Earshot and its peers; start it through bench/side-by-side.

Every engine is a process of its own that loads the model once. They take turns, one round at a time and in another order each
round, and whoever does not measure is stopped (SIGSTOP), so that no spinning thread disturbs the others. A slow minute of the
machine therefore hits all engines, and ratios are taken within rounds.
"""

import argparse
import datetime
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent
OURS = "earshot"
# Largest allowed |difference| / max|value| against PyTorch fp32: rounding order in fp32, 8 bits of mantissa in bf16.
TOLERANCE = {"fp32": 1e-4, "bf16": 5e-2}
# Gradients of a training step: where two pixels match equally well to the last digits, another winner is as good.
TRAINING_TOLERANCE = 5e-3


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
            raise SystemExit(f"{self.name}: ended with status {self.process.wait()}")
        os.kill(self.process.pid, signal.SIGSTOP)
        return json.loads(line)

    def quit(self):
        if self.process.poll() is not None:
            return
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def java_command(args, model, batch, precision):
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java")
    jars = os.path.join(BENCH, "target", "app", "*")
    cores = f"-XX:ActiveProcessorCount={args.threads}"
    return [java, "--enable-native-access=ALL-UNNAMED", cores, *args.jvm.split(), "-cp", jars, "dev.earshot.bench.SideBySide",
            f"--model={model}", f"--batch={batch}", f"--precision={precision}", f"--blocks={args.blocks}",
            f"--backend={args.backend or f'cpu:{args.threads}'}"]  # fmt: skip


def python_command(args, engine, model, batch, precision):
    return [sys.executable, str(HERE / "runner.py"), f"--engine={engine}", f"--model={model}", f"--batch={batch}",
            f"--threads={args.threads}", f"--precision={precision}", f"--blocks={args.blocks}", f"--work={args.work}"]  # fmt: skip


def unlocked(args):
    """Environment in which MKL takes its fast paths on any maker's processor."""
    library = Path(args.work) / "unlock_mkl.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, HERE / "unlock_mkl.c"], check=True)
    return {"LD_PRELOAD": str(library)}


def has_bf16():
    flags = cpu().get("flags", "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def plan(args, model, batch):
    """(name, precision, command, extra environment) of every engine of one comparison."""
    engines = args.engines.split(",")
    if model == "kmeans":
        yield OURS, "fp32", java_command(args, model, batch, "fp32"), {}
        yield "scikit-learn", "fp32", python_command(args, "sklearn", model, batch, "fp32"), {}
        return
    if model == "knn":
        yield OURS, "fp32", java_command(args, model, batch, "fp32"), {}
        for engine in [e for e in engines if e in ("sklearn", "faiss", "torch")]:
            yield engine, "fp32", python_command(args, engine, model, batch, "fp32"), {}
        return
    if model.startswith("train-"):
        for engine in [e for e in engines if e in (OURS, "torch", "torch-unlocked")]:
            if engine == OURS:
                yield OURS, "fp32", java_command(args, model, batch, "fp32"), {}
            else:
                extra = unlocked(args) if engine == "torch-unlocked" else {}
                yield engine, "fp32", python_command(args, "torch", model, batch, "fp32"), extra
        return
    if model.startswith("pma-"):
        yield OURS, "fp32", java_command(args, model, batch, "fp32"), {}
        for engine in [e for e in engines if e in ("torch", "torch-compile")]:
            yield engine, "fp32", python_command(args, engine, model, batch, "fp32"), {}
        if "torch-unlocked" in engines:
            yield "torch-unlocked", "fp32", python_command(args, "torch", model, batch, "fp32"), unlocked(args)
        return
    for precision in ["fp32"] + (["bf16"] if has_bf16() else []):
        if OURS in engines:
            yield OURS, precision, java_command(args, model, batch, precision), {}
        if "torch" in engines:
            yield "torch", precision, python_command(args, "torch", model, batch, precision), {}
        if "torch-unlocked" in engines and precision == "fp32":
            yield "torch-unlocked", precision, python_command(args, "torch", model, batch, precision), unlocked(args)
        if "onnxruntime" in engines and precision == "fp32":
            yield "onnxruntime", precision, python_command(args, "onnxruntime", model, batch, precision), {}


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
            raise SystemExit(f"{name} {precision}: expected {reference.size} finite values, got {values.size}")
        difference = float(np.abs(values - reference).max() / np.abs(reference).max())
        if difference > tolerance[precision]:
            raise SystemExit(f"{name} {precision}: differs by {difference:.2e} of the largest value: not the same model")
        differences[name, precision] = difference
    return differences


def measure(args, model, batch):
    print(f"{model} batch {batch}", file=sys.stderr)
    engines = []
    try:
        for engine in plan(args, model, batch):
            engines.append(start(*engine))
        training = {"fp32": TRAINING_TOLERANCE}
        differences = compare_outputs(engines, args.work, training if model.startswith("train-") else TOLERANCE)
        for engine in engines:
            engine.ask(f"warm {args.warm}")
        for number in range(args.rounds):
            turn = number % len(engines)
            for engine in engines[turn:] + engines[:turn]:
                engine.ask("warm 1")  # the caches were the others' a moment ago
                engine.rounds.append(engine.ask(f"round {args.iterations}")["millis"])
            medians = "  ".join(f"{e.name}/{e.precision} {statistics.median(e.rounds[-1]):.1f}" for e in engines)
            print(f"  round {number + 1}: {medians} ms", file=sys.stderr)
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


def cpu():
    values = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        values.setdefault(key.strip(), value.strip())
    return values


def surroundings(args):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=BENCH, capture_output=True, text=True).stdout
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=BENCH, capture_output=True, text=True).stdout
    wanted = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16")
    flags = cpu().get("flags", "").split()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit.strip() + ("-modified" if dirty else ""),
        "cpu": cpu().get("model name"),
        "cpu_family_model": f"{cpu().get('cpu family')}/{cpu().get('model')}",
        "cores": os.cpu_count(),
        "instruction_sets": [flag for flag in wanted if flag in flags],
        "kernel": platform.release(),
        "load_before": os.getloadavg(),
        "rounds": args.rounds,
        "iterations": args.iterations,
        "note": args.note,
    }


def table(report):
    facts = report["machine"]
    yield f"# Side by side, {facts['date'][:10]}"
    yield ""
    yield (
        f"{facts['cpu']} (family/model {facts['cpu_family_model']}), {facts['cores']} cores,"
        f" {', '.join(facts['instruction_sets'])}; commit {facts['commit']};"
        f" load {facts['load_before'][0]:.1f} before, {facts['load_after'][0]:.1f} after."
    )
    yield (
        f"Rounds: {facts['rounds']}, taken in turns, of {facts['iterations']} runs each; milliseconds per run, input and result"
        " in each library's own memory. Ratio: median over rounds of (median of the peer / median of Earshot), its range"
        " in brackets; above 1 Earshot is faster. Difference: largest |difference| to PyTorch fp32 (k-means: to Earshot)"
        " / largest |value|. torch-unlocked: PyTorch with MKL made to take its fast paths on this maker's processor."
    )
    if facts["note"]:
        yield ""
        yield facts["note"]
    yield ""
    yield "| model | batch | blocks | precision | engine | min ms | median ms | ratio | difference |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for r in report["results"]:
        ratio = "-"
        if "ratio_to_earshot_median" in r and r["engine"] != OURS:
            low, high = r["ratio_to_earshot_range"]
            ratio = f"{r['ratio_to_earshot_median']:.2f} ({low:.2f}-{high:.2f})"
        yield (
            f"| {r['model']} | {r['batch']} | {r['blocks']} | {r['precision']} | {r['engine']} | {r['min_millis']:.1f}"
            f" | {r['median_millis']:.1f} | {ratio} | {r['max_relative_difference']:.1e} |"
        )
    peaks = [r for r in report["results"] if "peak_mb" in r["facts"]]
    if peaks:
        yield ""
        yield "Most memory resident, weights and libraries included, after a training step:"
        yield ", ".join(f"{r['model']} x {r['batch']} {r['engine']} {r['facts']['peak_mb']} MB" for r in peaks) + "."
    yield ""
    versions = {}
    for r in report["results"]:
        versions.setdefault(r["engine"], r["facts"])
    for name, values in versions.items():
        yield f"- {name}: " + ", ".join(f"{k} {v}" for k, v in values.items() if k not in ("blocks", "peak_mb"))


def main():
    parser = argparse.ArgumentParser(prog="bench/side-by-side")
    parser.add_argument("--models", default="dino-vitb16,imagebind-image,kmeans")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--engines", default=f"{OURS},torch,torch-unlocked,torch-compile,onnxruntime")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=5, help="forwards per round")
    parser.add_argument("--warm", type=int, default=3, help="untimed forwards before the first round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--blocks", type=int, default=0, help="only the first N blocks of a model; 0: all")
    parser.add_argument("--backend", default="", help="backend of the Java side; default cpu:THREADS")
    parser.add_argument("--jvm", default="-Xmx2g", help="flags of the Java side")
    parser.add_argument("--note", default="", help="a sentence for the report")
    parser.add_argument("--name", default="", help="name of the result files, without ending")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "earshot-peers"), help="exported models")
    args = parser.parse_args()
    Path(args.work).mkdir(parents=True, exist_ok=True)

    report = {"machine": surroundings(args), "results": []}
    for model in args.models.split(","):
        for batch in args.batches.split(","):
            report["results"] += measure(args, model, int(batch))
    report["machine"]["load_after"] = os.getloadavg()

    name = args.name or "side-by-side-" + report["machine"]["date"][:10]
    folder = BENCH / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    text = "\n".join(table(report)) + "\n"
    (folder / f"{name}.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
