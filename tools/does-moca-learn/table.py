"""Paired differences of adapters against the frozen trunk, frame by frame.

    python table.py SCORES --runs recipe=recipe1_s0,recipe1_s1 consensus=... [--sets test_s4,test_ms3]

SCORES is the folder that score.py wrote. The standard error is over frames, of the per-frame difference averaged over the
seeds of the run; the spread over seeds is printed beside it.
"""

import argparse

import numpy as np


def paired(folder, runs, name, key, base_key):
    base = np.load(f"{folder}/frozen.{name}.npz")[base_key]
    each = np.stack([np.load(f"{folder}/{run}.{name}.npz")[key] for run in runs])
    difference = each - base
    valid = ~np.isnan(difference[0])
    mean = difference[:, valid].mean(0)
    return dict(
        frozen=base[valid].mean(), value=each[:, valid].mean(), difference=mean.mean(),
        error=mean.std(ddof=1) / len(mean) ** 0.5, seeds=difference[:, valid].mean(1), frames=len(mean),
    )


def share(folder, runs, name, key):
    """Mean over frames and seeds of a figure that is not compared."""
    return np.mean([np.nanmean(np.load(f"{folder}/{run}.{name}.npz")[key]) for run in runs])


def markdown(folder, label, runs, k):
    """One row per set and kind of tokens."""
    for name in ("test_s4", "test_ms3"):
        for scoring in ("adapted", "frozen"):
            cells = []
            for sound in ("matched", "deaf", "other"):
                r = paired(folder, runs, name, f"{sound}.k{k}.{scoring}", f"{sound}.k{k}.frozen")
                cells.append(f"{r['value']:.3f} ({r['difference']:+.3f} ± {r['error']:.3f})")
                if sound == "matched":
                    cells.append(" ".join(f"{s:+.3f}" for s in r["seeds"]))
            cells.append(f"{share(folder, runs, name, f'absent.k{k}.{scoring}'):.3f}")
            cells.append(f"{share(folder, runs, name, f'silent.k{k}.{scoring}.empty'):.2f}")
            cells.append(f"{share(folder, runs, name, f'oracle.k{k}'):.3f}")
            print(f"| {label} | {name[5:].upper()} | {scoring} | " + " | ".join(cells) + " |")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("scores")
    options.add_argument("--runs", nargs="+", required=True)
    options.add_argument("--sets", default="test_s4,test_ms3")
    options.add_argument("--clusters", default="4,5")
    options.add_argument("--markdown", action="store_true", help="rows of the document's table")
    args = options.parse_args()
    for entry in args.runs:
        label, files = entry.split("=")
        if args.markdown:
            markdown(args.scores, label, files.split(","), args.clusters)
            continue
        for name in args.sets.split(","):
            for k in args.clusters.split(","):
                for scoring in ("adapted", "frozen"):
                    for sound in ("matched", "other", "deaf"):
                        r = paired(args.scores, files.split(","), name, f"{sound}.k{k}.{scoring}", f"{sound}.k{k}.frozen")
                        print(f"{label} {name} K={k} {scoring} tokens, {sound}: frozen {r['frozen']:.3f} -> {r['value']:.3f}, "
                              f"difference {r['difference']:+.3f} +- {r['error']:.3f} ({r['frames']} frames; seeds "
                              + " ".join(f"{s:+.3f}" for s in r["seeds"]) + ")")


if __name__ == "__main__":
    main()
