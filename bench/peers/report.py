"""The report of bench/side-by-side: the machine, and the table of results."""

import datetime
import json
import os
import platform
import subprocess
from pathlib import Path

import ops

BENCH = Path(__file__).resolve().parent.parent
OURS = "earshot"
# Facts of one workload, not of an engine.
OWN = ("blocks", "peak_mb", "peak_device_mb", "flops", "bytes", "calls", "sets", "graph")


def cpu():
    values = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        values.setdefault(key.strip(), value.strip())
    return values


def output_of(*command):
    """What a program prints, empty where it is missing or fails."""
    try:
        return subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit():
    """EARSHOT_COMMIT where the sources are not at hand."""
    if "EARSHOT_COMMIT" in os.environ:
        return os.environ["EARSHOT_COMMIT"]
    name = output_of("git", "rev-parse", "--short", "HEAD")
    return (name + ("-modified" if output_of("git", "status", "--porcelain") else "")) if name else "unknown"


def card():
    """Name, driver, clocks and power limit of the cards."""
    fields = "name,driver_version,memory.total,clocks.sm,clocks.max.sm,clocks.mem,power.limit"
    return output_of("nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader").splitlines()


def surroundings(args):
    wanted = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16")
    flags = cpu().get("flags", "").split()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "device": args.device,
        "cards": card() if args.on_card else [],
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


def digits(millis):
    """Milliseconds with at least three digits that mean something."""
    return f"{millis:.1f}" if millis >= 10 else f"{millis:.3f}" if millis >= 0.1 else f"{millis:.5f}"


def difference(result):
    """How far a result is from fp32: a cosine where values are quantised, a share of the largest value elsewhere."""
    if result["precision"] == "int8":
        return f"cosine {result['cosine']:.5f}"
    extra = f", mask IoU {result['mask_iou']:.3f}" if "mask_iou" in result else ""
    return f"{result['max_relative_difference']:.1e}{extra}"


def arithmetic(report):
    """What low precision means on this processor."""
    instructions = report["machine"]["instruction_sets"]
    if report["machine"]["cards"]:
        return
    shown = {r["precision"] for r in report["results"]}
    if "bf16" in shown and not {"avx512_bf16", "amx_bf16"} & set(instructions):
        yield "bf16: this processor has no instructions for it; every engine stores it and computes by way of fp32."
    if "int8" in shown:
        vnni = {"avx512_vnni", "avx_vnni"} & set(instructions)
        yield (
            "int8: only linear layers, weights per channel, activations scaled at run time, no calibration; this processor"
            f" has {'' if vnni else 'no '}VNNI instructions. Difference: mean cosine of the tokens to fp32."
        )


def table(report):
    facts = report["machine"]
    yield f"# Side by side, {facts['date'][:10]}"
    yield ""
    yield (
        f"{facts['cpu']} (family/model {facts['cpu_family_model']}), {facts['cores']} cores,"
        f" {', '.join(facts['instruction_sets'])}; device {'; '.join([facts['device'], *facts['cards']])};"
        f" commit {facts['commit']};"
        f" load {facts['load_before'][0]:.1f} before, {facts['load_after'][0]:.1f} after."
    )
    yield (
        f"Rounds: {facts['rounds']}, taken in turns, of at least {facts['iterations']} runs each; milliseconds per run, input and result"
        " in each library's own memory. Ratio: median over rounds of (median of the peer / median of Earshot), its range"
        " in brackets; above 1 Earshot is faster. Difference: largest |difference| to PyTorch fp32 (k-means: to Earshot)"
        " / largest |value|. torch-unlocked: PyTorch with MKL made to take its fast paths on this maker's processor."
    )
    for line in [facts["note"], *arithmetic(report)]:
        if line:
            yield ""
            yield line
    yield ""
    yield "| model | batch | blocks | precision | engine | min ms | median ms | ratio | difference |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for r in report["results"]:
        ratio = "-"
        if "ratio_to_earshot_median" in r and r["engine"] != OURS:
            low, high = r["ratio_to_earshot_range"]
            ratio = f"{r['ratio_to_earshot_median']:.2f} ({low:.2f}-{high:.2f})"
        yield (
            f"| {r['model']} | {r['batch']} | {r['blocks']} | {r['precision']} | {r['engine']} | {digits(r['min_millis'])}"
            f" | {digits(r['median_millis'])} | {ratio} | {difference(r)} |"
        )
    for title, kind in (("Not measured:", "failures"), ("Not to be had:", "refusals")):
        if report[kind]:
            yield ""
            yield title
            yield ""
            for f in report[kind]:
                yield f"- {f['model']} x {f['batch']}: {f['reason']}"
    rows = [r for r in report["results"] if ops.is_row(r["model"]) and r["engine"] == OURS]
    if rows:
        yield ""
        yield (
            "Single ops: milliseconds of one call of those that a run has, which rotate over sets of operands and results; difference"
            " to the same operands' result in fp64. Calls and sets: "
            + ", ".join(f"{r['model']} {r['precision']} {r['facts']['calls']}/{r['facts']['sets']}" for r in rows)
            + "."
        )
    peaks = [r for r in report["results"] if r["model"].startswith(("sam-", "train-", "moca-")) and "peak_mb" in r["facts"]]
    if peaks:
        yield ""
        yield "Most memory resident, weights and libraries included, after the first run; of a card, what the engine itself asked for:"
        yield ", ".join(f"{r['model']} x {r['batch']} {r['engine']} {r['precision']} {peak(r['facts'])}" for r in peaks) + "."
    yield ""
    versions = {}
    for r in report["results"]:
        versions.setdefault(r["engine"], r["facts"])
    for name, values in versions.items():
        yield f"- {name}: " + ", ".join(f"{k} {v}" for k, v in values.items() if k not in OWN)


def peak(facts):
    """Most memory in use, on the host and on a card."""
    of_the_card = f" and {facts['peak_device_mb']} MB of the card" if "peak_device_mb" in facts else ""
    return f"{facts['peak_mb']} MB{of_the_card}"


def write(report, args):
    name = args.name or "side-by-side-" + report["machine"]["date"][:10]
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    text = "\n".join(table(report)) + "\n"
    (args.out / f"{name}.md").write_text(text)
    return text
