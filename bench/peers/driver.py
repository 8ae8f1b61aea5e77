"""Interleaved measurement of Earshot and its peers; start it through bench/side-by-side.

Every engine is a process of its own that loads the model once. They take turns, one round at a time and in another order each
round, and whoever does not measure is stopped (SIGSTOP), so that no spinning thread disturbs the others. A slow minute of the
machine therefore hits all engines, and ratios are taken within rounds.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import agreement
import ops
from engines import (
    CARD_ENGINES, CPU_ENGINES, HERE, ON_CARDS_ONLY, PRECISIONS, Failure, Refusal, Row, Rows, has_bf16, start_all,
)  # fmt: skip
from report import BENCH, OURS, digits, surroundings, write

# A call takes milliseconds to minutes on a processor, and less than a millisecond to some tens on a card.
CPU_EFFORT = {"iterations": 5, "warm": 3}
CARD_EFFORT = {"iterations": 30, "warm": 10}
# Short calls are run in for that long (compilers at run time want hundreds of calls) and take about that long a round.
WARM_MILLIS, MOST_WARM_UPS = 1000, 500
ROUND_MILLIS, MOST_ITERATIONS = 200, 100
# A run of a row on a card holds about two milliseconds of calls, of slow types more.
ROW_MILLIS, LEAST_ROW_RUNS = 40, 3
# What takes longer fills its caches by itself.
LONG_MILLIS = 1000


def measure(args, task, report, rows):
    model, batch, precisions = task
    print(f"{model} batch {batch}", file=sys.stderr)

    def note(reason):
        print(f"  {reason}", file=sys.stderr)
        kind = "refusals" if isinstance(reason, Refusal) else "failures"
        report[kind].append({"model": model, "batch": batch, "reason": str(reason)})

    engines = []
    try:
        started = rows.start(model, batch, precisions[0], note) if ops.is_row(model) else start_all(args, model, batch, note)
        for engine in started:
            engines.append(engine)
        agreed, disagreements = agreement.check(engines, args, model, batch)
        for failure in disagreements:
            note(failure)
        # Whoever computes something else is not timed.
        timed = [engine for engine in engines if (engine.name, engine.precision) in agreed]
        for engine in timed:
            warm_up(engine, args)
        for number in range(args.rounds):
            play_round(number, timed, args)
    except Failure as failure:
        note(failure)
        for engine in engines if ops.is_row(model) else []:
            rows.drop(engine.name)
        return []
    finally:
        for engine in engines:
            engine.quit()
    return [result(engine, timed, agreed, model, batch, args) for engine in timed]


def warm_up(engine, args):
    """Runs an engine in, and settles how many runs its rounds have: more of a call of milliseconds than of a minute's."""
    engine.iterations = args.iterations
    if args.warm == 0:
        engine.millis = math.inf  # its first run, before it said that it was ready, is all
        return
    engine.ask(f"warm {args.warm}")
    engine.millis = millis = min(engine.ask("round 1")["millis"])
    if args.on_card and isinstance(engine, Row):
        engine.iterations = max(LEAST_ROW_RUNS, min(args.iterations, int(ROW_MILLIS / millis)))
    if not args.on_card:
        engine.ask(f"warm {min(MOST_WARM_UPS, int(WARM_MILLIS / millis))}")
        engine.iterations = max(args.iterations, min(MOST_ITERATIONS, int(ROUND_MILLIS / millis)))


def play_round(number, engines, args):
    """Every engine's turn, in another order each round."""
    turn = number % max(1, len(engines))
    for engine in engines[turn:] + engines[:turn]:
        if engine.millis < LONG_MILLIS:
            engine.ask("warm 1")  # the caches were the others' a moment ago
        calls = engine.facts.get("calls", 1)  # of a single op, a run has so many
        engine.rounds.append([run / calls for run in engine.ask(f"round {engine.iterations}")["millis"]])
    medians = "  ".join(f"{e.name}/{e.precision} {digits(statistics.median(e.rounds[-1]))}" for e in engines)
    print(f"  round {number + 1}: {medians} ms", file=sys.stderr)


def result(engine, engines, agreed, model, batch, args):
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
        **agreed[engine.name, engine.precision],
        "min_millis": min(min(r) for r in engine.rounds),
        "median_millis": statistics.median(t for r in engine.rounds for t in r),
        "iterations": engine.iterations,
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
    parser.add_argument("--precisions", default="", help="fp32, tf32 (a card), bf16, int8 (a processor); default fp32, and bf16 where the device has it")
    parser.add_argument("--tf32", action="store_true", help="on a card: tf32 in place of fp32, on both sides")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, help=f"least runs per round; default {CPU_EFFORT['iterations']}, on a card more")
    parser.add_argument("--warm", type=int, help=f"untimed runs before, 0: only the first one; default {CPU_EFFORT['warm']}, on a card more")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--blocks", type=int, default=0, help="only the first N blocks of a model; 0: all; 1: small sizes of single ops")
    parser.add_argument("--jvm", default="-Xmx2g", help="flags of the Java side")
    parser.add_argument("--minutes", type=float, default=0, help="begin nothing after so long; 0: no bound")
    parser.add_argument("--note", default="", help="a sentence for the report")
    parser.add_argument("--name", default="", help="name of the result files, without ending")
    parser.add_argument("--out", default=BENCH / "results", type=Path, help="folder of the result files")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "earshot-peers"), help="exported models")
    args = parser.parse_args()
    args.on_card = args.device.startswith("cuda")
    args.backend = args.backend or (args.device if args.on_card else f"cpu:{args.threads}")
    args.engines_given = bool(args.engines)
    args.engines = args.engines or (CARD_ENGINES if args.on_card else CPU_ENGINES)
    args.precisions = args.precisions or ("fp32,bf16" if args.on_card or has_bf16() else "fp32")
    if args.tf32:
        args.precisions = args.precisions.replace("fp32", "tf32")
    effort = CARD_EFFORT if args.on_card else CPU_EFFORT
    args.iterations = args.iterations or effort["iterations"]
    args.warm = effort["warm"] if args.warm is None else args.warm
    check(args, parser)
    return args


def check(args, parser):
    """Says in one line what would fail in every comparison."""
    engines = args.engines.split(",")
    known = set(CPU_ENGINES.split(",") + CARD_ENGINES.split(","))
    precisions = args.precisions.split(",")
    for name, given, allowed in (("engines", engines, known), ("precisions", precisions, set(PRECISIONS))):
        if unknown := set(given) - allowed:
            parser.error(f"--{name}: expected some of {', '.join(sorted(allowed))}, got {', '.join(sorted(unknown))}")
    if "tf32" in precisions and not args.on_card:
        parser.error("precision tf32: expected --device cuda, got --device " + args.device)
    if "int8" in precisions and (args.on_card or precisions[0] != "fp32"):
        parser.error("--precisions int8: expected fp32 before it to compare with, and a processor, got " + args.precisions)
    graphs = set(engines) & set(ON_CARDS_ONLY)
    if graphs and not args.on_card:
        parser.error(f"engine {min(graphs)}: expected --device cuda, got --device {args.device}")
    if args.on_card and any(engine.startswith("torch") for engine in engines):
        code = "import sys, torch_device; torch_device.require(sys.argv[1])"
        tried = subprocess.run([sys.executable, "-c", code, args.device], cwd=HERE, capture_output=True, text=True)
        if tried.returncode:
            raise SystemExit("bench/side-by-side: " + (tried.stderr.strip().splitlines() or ["PyTorch does not start"])[-1])


def main():
    args = arguments()
    Path(args.work).mkdir(parents=True, exist_ok=True)
    report = {"machine": surroundings(args), "results": [], "failures": [], "refusals": []}
    text = ""
    rows = Rows(args)
    started = time.monotonic()
    batches = [int(batch) for batch in args.batches.split(",")]
    for task in ops.tasks(args.models.split(","), batches, args.precisions.split(",")):
        minutes = (time.monotonic() - started) / 60
        if args.minutes and minutes > args.minutes:
            report["failures"].append({"model": task[0], "batch": task[1], "reason": f"not begun after {minutes:.1f} minutes"})
        else:
            report["results"] += measure(args, task, report, rows)
        report["machine"]["load_after"] = os.getloadavg()
        text = write(report, args)  # a later failure loses nothing
    rows.close()
    print(text)
    sys.exit(1 if report["failures"] else 0)


if __name__ == "__main__":
    main()
