#!/usr/bin/env bash
# Everything behind docs/does-moca-learn.md, from the arrays to the figures: ./run.sh ARRAYS WORK [SEEDS]
# ARRAYS: folders train, val_s4, val_ms3, test_s4, test_ms3 of `earshot demo-world --layout training` (README.md).
set -euo pipefail
arrays=$1 work=$2 seeds=${3:-"0 1 2"}
here=$(cd "$(dirname "$0")" && pwd)
# Big tensors are handed back to the system after every op otherwise: half the time would go into page faults.
export MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=100000000
py() { nice -n 5 "${PYTHON:-python3}" -W ignore "$here/$1" "${@:2}"; }
common=(--arrays "$arrays" --cache "$work/cache")
mkdir -p "$work/runs" "$work/scores"

py cache.py "$arrays"/{train,val_s4,val_ms3,test_s4,test_ms3} --out "$work/cache"
py votes.py --cache "$work/cache"
py frozen.py "${common[@]}" | tee "$work/frozen.txt"
for s in $seeds; do
  py train.py "${common[@]}" --out "$work/runs/recipe_s$s.pt" --blocks 1 --steps "${STEPS:-2500}" --schedule 5000 --seed "$s" --look 1250 | tee "$work/runs/recipe_s$s.log"
  py train.py "${common[@]}" --out "$work/runs/consensus_s$s.pt" --blocks 1 --triplet 0 --distil 1 --mute --lr 5e-3 --steps 700 --seed "$s" --look 700 | tee "$work/runs/consensus_s$s.log"
done
py ceiling.py "${common[@]}" --out "$work/runs/ceiling.pt"

# Reported half: test.
py score.py "${common[@]}" --out "$work/scores" --clusters 4 --count 160
py score.py "$work"/runs/{recipe,consensus}_s*.pt "$work/runs/ceiling.pt" "${common[@]}" --out "$work/scores" --clusters 4 --count 160
list() { for s in $seeds; do printf '%s_s%s,' "$1" "$s"; done | sed 's/,$//'; }
runs=("recipe=$(list recipe)" "consensus=$(list consensus)" "ceiling=ceiling")
py table.py "$work/scores" --runs "${runs[@]}" --clusters 4 | tee "$work/table.txt"
first=${seeds%% *}
files=("recipe=$work/runs/recipe_s$first.pt" "consensus=$work/runs/consensus_s$first.pt")
py where.py "${files[@]}" "${common[@]}" --out "$work/where.json"
py plots.py --log "$work/runs/recipe_s$first.log" --where "$work/where.json" --scores "$work/scores" --runs "${runs[@]}" "${common[@]}" \
  --pictures "${files[@]}" --out "$here/../../docs/images"
