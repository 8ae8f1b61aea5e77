#!/usr/bin/env bash
# Tests and measures the CUDA backend of Earshot on this machine's card. Needs an NVIDIA driver and the CUDA libraries (a
# toolkit, or Python wheels of the python3 on PATH); everything else is in this folder.
#   ./run.sh [--out DIR] [--backend cuda] [--steps probe,ops,goldens,sanitizer,bench,models,peers,page] [--filter TEXT] [--small]
# Prints a table per step, writes JSON, logs and a page (README.md) below DIR (default: results), exits with 1 if any step failed.
#   --backend  cuda, cuda:1, or simcuda (with EARSHOT_SIMCUDA_DIR) to try this script without a card
#   --filter   only op rows whose name contains TEXT, in ops, sanitizer and bench
#   --small    small sizes everywhere, for a slow device
set -uo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
out=$here/results
backend=cuda
steps=probe,ops,goldens,sanitizer,bench,models,peers,page
filter=
small=
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift 2 ;;
    --backend) backend=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --filter) filter=$2; shift 2 ;;
    --small) small=--small; shift ;;
    --help) sed -n "2,9p" "$0"; exit 0 ;;
    *) sed -n '2,9p' "$0" >&2; exit 2 ;;
  esac
done
mkdir -p "$out"
commit=$(cat "$here/COMMIT")
export EARSHOT_COMMIT=$commit
java=("$here/jre/bin/java" --enable-native-access=ALL-UNNAMED -Xmx8g -XX:+UseSerialGC)
programs="$here/lib/*"
declare -A outcome

# Wheels of the python3 on PATH, where there is no toolkit: the loader looks there too, this only says it out loud.
if [ -z "${EARSHOT_CUDA_WHEELS:-}" ] && command -v python3 > /dev/null; then
  site=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' 2> /dev/null || true)
  [ -d "$site/nvidia" ] && export EARSHOT_CUDA_WHEELS=$site
fi

step() { # NAME COMMAND...
  local name=$1 start=$SECONDS
  shift
  case ",$steps," in *",$name,"*) ;; *) return ;; esac
  echo
  echo "== $name"
  "$@" > >(tee "$out/$name.log") 2>&1
  local status=$?
  outcome[$name]="$([ $status = 0 ] && echo passed || echo "FAILED ($status)"), $((SECONDS - start)) s"
}

tests() { # extra JVM flags...
  "${java[@]}" "$@" -Dearshot.leaks=true -Dearshot.sentinels=true -Dearshot.test.backends="$backend" \
    ${filter:+-Dearshot.case="$filter"} ${small:+-Dearshot.test.flops=1e7} \
    -cp "$programs:$here/tests/*" org.junit.platform.console.ConsoleLauncher execute \
    --scan-classpath "$(echo "$here"/tests/earshot-cuda-*-tests.jar)" --details=summary --disable-banner --fail-if-no-tests \
    --exclude-tag slow --reports-dir "$out/junit" ${filter:+--include-classname '.*OpCases.*'}
}

probe() {
  command -v nvidia-smi > /dev/null && nvidia-smi \
    --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem,power.limit --format=csv,noheader
  "${java[@]}" -cp "$programs" dev.earshot.tools.Main doctor
}

goldens() {
  local status=0 precision
  for precision in fp32 bf16; do
    echo "-- $precision"
    "${java[@]}" -cp "$programs" dev.earshot.tools.Main parity "$here/goldens" \
      --backend "$backend" --precision "$precision" || status=1
  done
  return $status
}

sanitizer() {
  if ! command -v compute-sanitizer > /dev/null; then
    echo "compute-sanitizer is not on PATH: skipped"
    return 0
  fi
  local status=0 tool
  for tool in memcheck racecheck initcheck synccheck; do
    echo "-- $tool"
    compute-sanitizer --tool "$tool" --error-exitcode 9 --print-limit 20 \
      "${java[@]}" -Dearshot.test.backends="$backend" -Dearshot.leaks=true -Dearshot.test.flops=1e7 \
      -Dearshot.case="${filter:- small }" -cp "$programs:$here/tests/*" \
      org.junit.platform.console.ConsoleLauncher execute \
      --select-class dev.earshot.tensor.cases.CudaOpCasesTest --details=none --disable-banner --fail-if-no-tests || status=1
  done
  return $status
}

bench() {
  "${java[@]}" -cp "$programs" dev.earshot.bench.device.DeviceBench --backend "$backend" --rows "$filter" \
    --out "$out/raw/cuda-device.json" $small
}

models() {
  "${java[@]}" -cp "$programs" dev.earshot.bench.peers.ModelBench --backend "$backend" \
    --out "$out/raw/cuda-models.json" $small
}

peers() {
  command -v python3 > /dev/null && python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2> /dev/null || {
    echo "no PyTorch with CUDA in python3: skipped"
    return 0
  }
  local status=0
  side_by_side cuda-peers-images dino-vitb16,imagebind-image 1,8,64 || status=1
  side_by_side cuda-peers-matching pma-scanline 1,8,64 || status=1
  side_by_side cuda-peers-sam-encoder sam-vit-b,sam-vit-h 1 || status=1
  side_by_side cuda-peers-sam-decoder sam-decoder 64 || status=1
  side_by_side cuda-peers-sam-generator sam-generator-b 32 || status=1 # points per side
  return $status
}

side_by_side() { # NAME MODELS BATCHES
  EARSHOT_JAVA_CLASSPATH=$programs JAVA_HOME=$here/jre python3 "$here/peers/driver.py" --device cuda --backend "$backend" \
    --name "$1" --models "$2" --batches "$3" --precisions fp32,bf16 \
    --engines earshot,torch,torch-compile,torch-graph --rounds 5 --out "$out/raw"
}

# One page with plots of what was measured, as ./earshot bench makes it; the raw folder serves its --merge later as well.
page() {
  "${java[@]}" -cp "$programs" dev.earshot.bench.suite.BenchCommand --merge --out "$out" ${small:+--quick}
}

step probe probe
step ops tests
step goldens goldens
step sanitizer sanitizer
step bench bench
step models models
step peers peers
step page page

echo
failed=0
{
  echo "{\"commit\": \"$commit\", \"backend\": \"$backend\", \"date\": \"$(date -u +%FT%TZ)\", \"steps\": {"
  separator=
  for name in "${!outcome[@]}"; do
    printf '%s  "%s": "%s"' "$separator" "$name" "${outcome[$name]}"
    separator=$',\n'
  done
  echo
  echo "}}"
} > "$out/summary.json"
for name in probe ops goldens sanitizer bench models peers page; do
  [ -n "${outcome[$name]:-}" ] || continue
  printf '%-10s %s\n' "$name" "${outcome[$name]}"
  case ${outcome[$name]} in FAILED*) failed=1 ;; esac
done
exit $failed
