#!/usr/bin/env bash
# Tests and measures the CUDA backend of Earshot on this machine's card. Needs an NVIDIA driver and the CUDA libraries (a
# toolkit, or Python wheels of the python3 on PATH); everything else is in this folder.
#   ./run.sh [--backend cuda] [--steps probe,ops,goldens,repeat,failures,sanitizer,soak,measure] [--minutes N]
#            [--out DIR] [--pack FILE] [--resume FILE] [--again] [--only PART,…] [--filter TEXT] [--small]
# Everything goes below DIR (default: results) and, after each piece, into one FILE (default: DIR.tar.xz).
#   --backend  cuda, cuda:1, or simcuda (with EARSHOT_SIMCUDA_DIR) to try this script without a card
#   --steps    or single pieces, as the table at the end names them
#   --minutes  starts nothing that would not be done in time, ends then, and says what is left: call again for the rest
#   --resume   unpacks what an earlier call packed; what passed there with this bundle is not run again
#   --again    runs what the steps name even if it passed
#   --only     of measure, as ./earshot bench takes it: device, models, jmh, peers, peers:images …
#   --filter   only op rows whose name contains TEXT, in ops, repeat and sanitizer
#   --small    small sizes everywhere, for a slow device
# Ends with 1 if a piece failed, 4 if one is left, 2 on wrong use.
set -uo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
out=$here/results
pack=
backend=cuda
all_steps=probe,ops,goldens,repeat,failures,sanitizer,soak,measure
steps=$all_steps
minutes=
resume=
again=
only=
filter=
small=
usage() {
  sed -n '2,17p' "$0"
}
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift 2 ;;
    --pack) pack=$2; shift 2 ;;
    --backend) backend=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --minutes) minutes=$2; shift 2 ;;
    --resume) resume=$2; shift 2 ;;
    --again) again=true; shift ;;
    --only) only=$2; shift 2 ;;
    --filter) filter=$2; shift 2 ;;
    --small) small=--small; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
for step in ${steps//,/ }; do
  case ",$all_steps,table,table-tf32,contract,memcheck,racecheck,initcheck,synccheck," in
    *",$step,"*) ;;
    *) echo "run.sh: --steps: expected some of $all_steps, got $step" >&2; exit 2 ;;
  esac
done
deadline=
if [ -n "$minutes" ]; then
  case $minutes in *[!0-9.]*) echo "run.sh: --minutes: expected a number, got $minutes" >&2; exit 2 ;; esac
  deadline=$(awk -v now="$(date +%s)" -v minutes="$minutes" 'BEGIN { printf "%d", now + 60 * minutes }')
fi
mkdir -p "$out/raw"
out=$(cd "$out" && pwd)
pack=${pack:-$out.tar.xz}
mkdir -p "$(dirname "$pack")"
pack=$(cd "$(dirname "$pack")" && pwd)/$(basename "$pack")
if [ -n "$resume" ]; then
  tar -C "$out" -xf "$resume" || { echo "run.sh: --resume: expected a file that run.sh packed, got $resume" >&2; exit 2; }
fi
commit=$(cat "$here/COMMIT")
export EARSHOT_COMMIT=$commit
effort=${small:+small}
effort=${effort:-full}
. "$here/pieces.sh"

flops=Infinity
[ -z "$small" ] || flops=1e6
heap=-Xmx4g
[ -z "$small" ] || heap=-Xmx1g
java=("$here/jre/bin/java" --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC)
programs="$here/lib/*"
tests="$programs:$here/tests/*"
# What the tests look at; everything else takes the variable.
[ -z "${EARSHOT_SIMCUDA_DIR:-}" ] || java+=(-Dearshot.simcuda.dir="$(cd "$EARSHOT_SIMCUDA_DIR" && pwd)")
# Programs that wait for their processor at a time: each has a thread, and the collector another one now and then.
jobs=$(($(nproc) / 2))
[ "$jobs" -gt 0 ] || jobs=1

# Wheels of the python3 on PATH, where there is no toolkit: the loader looks there too, this only says it out loud.
if [ -z "${EARSHOT_CUDA_WHEELS:-}" ] && command -v python3 > /dev/null; then
  site=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' 2> /dev/null || true)
  [ -d "$site/nvidia" ] && export EARSHOT_CUDA_WHEELS=$site
fi
# A container may have the driver where neither the shell nor the dynamic linker looks by itself.
[ ! -x /usr/local/nvidia/bin/nvidia-smi ] || PATH=$PATH:/usr/local/nvidia/bin
if [ -e /usr/local/nvidia/lib64/libcuda.so.1 ]; then
  export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/local/nvidia/lib64
fi

# Runs functions side by side, as many as the machine has room for; each one's words come out together. Fails if one does.
side_by_side() { # "FUNCTION ARGUMENTS"...
  local folder status=0 call number=0
  folder=$(mktemp -d)
  for call in "$@"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    number=$((number + 1))
    # shellcheck disable=SC2086  # a function and its arguments
    ( $call > "$folder/$number.log" 2>&1; echo $? > "$folder/$number.status" ) &
  done
  wait
  for call in $(seq "$number"); do
    cat "$folder/$call.log"
    [ "$(cat "$folder/$call.status" 2> /dev/null)" = 0 ] || status=1
  done
  rm -rf "$folder"
  [ $status = 0 ] || echo "failed, see above"
  return $status
}

console() { # NAME BACKEND JVM_FLAGS... -- CONSOLE_OPTIONS...
  local name=$1 device=$2 flags=()
  shift 2
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  "${java[@]}" "$heap" "${flags[@]}" -Dearshot.leaks=true -Dearshot.sentinels=true -Dearshot.test.backends="$device" \
    ${filter:+-Dearshot.case="$filter"} -cp "$tests" org.junit.platform.console.ConsoleLauncher execute \
    --details=summary --disable-banner --fail-if-no-tests --reports-dir "$out/junit/$name" "$@"
}

probe() {
  if command -v nvidia-smi > /dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem,power.limit --format=csv,noheader
    nvidia-smi --query-gpu=name --format=csv,noheader 2> /dev/null | head -n 1 > "$out/card"
  fi
  nproc
  free -g | head -n 2
  "${java[@]}" -cp "$programs" dev.earshot.tools.Main doctor | tee "$out/doctor.txt"
  # A computation on this very backend; doctor is content with the processor.
  "${java[@]}" -cp "$programs" dev.earshot.bench.check.Sweep --backend "$backend" --rows 'argmax 1x1 f32'
}

op_table=dev.earshot.tensor.cases.CudaOpCasesTest

table_part() { # NAME BACKEND FLOPS PART
  console "$1" "$2" -Dearshot.test.flops="$3" -Dearshot.test.part="$4" -- --select-class $op_table
}

other_tests() {
  console contract "$backend" -Dearshot.test.flops=1e7 -- --exclude-tag slow --exclude-tag failures \
    --scan-classpath "$(echo "$here"/tests/earshot-cuda-*-tests.jar)" --exclude-classname ".*CudaOpCasesTest"
}

# The scalar reference takes most of the time: as many processes as the machine has room for.
table() { # NAME BACKEND FLOPS
  local part parts=$((jobs < 6 ? jobs : 6)) calls=()
  for part in $(seq "$parts"); do calls+=("table_part $1-$part $2 $3 $part/$parts"); done
  side_by_side "${calls[@]}"
}

golden() { # PRECISION
  echo "-- $1"
  "${java[@]}" -Xmx2g -cp "$programs" dev.earshot.tools.Main parity "$here/goldens" --backend "$backend" --precision "$1"
}

goldens() {
  side_by_side "golden fp32" "golden tf32" "golden bf16"
}

digests() { # FILE [AGAINST]
  "${java[@]}" -Xmx2g -cp "$programs" dev.earshot.bench.check.Repeat --backend "$backend" --goldens "$here/goldens" \
    --rows "$filter" --flops "$flops" --digests "$1" ${2:+--against "$2"}
}

repeat() {
  digests "$out/digests-1.tsv" && digests "$out/digests-2.tsv" "$out/digests-1.tsv"
}

failures() {
  console failures "$backend" -- --include-tag failures \
    --scan-classpath "$(echo "$here"/tests/earshot-cuda-*-tests.jar)"
}

sweep=(dev.earshot.bench.check.Sweep --backend "$backend")

# compute-sanitizer over a sweep. What the library's own API calls return is no fault; kernels of cuBLASLt and cuDNN are
# watched like ours.
sanitize() { # TOOL LOG SWEEP_OPTIONS...
  local tool=$1 log=$2
  shift 2
  LD_PRELOAD=${preload:-} compute-sanitizer --tool "$tool" --target-processes all --report-api-errors no \
    --launch-timeout 120 --error-exitcode 86 --print-limit 50 --log-file "$log" \
    "${java[@]}" -Xmx2g -Dearshot.sentinels=false -cp "$programs" "${sweep[@]}" "$@"
}

# Tells a tool that does not run here from one that finds something.
sanitizer() { # TOOL SECONDS
  local tool=$1 log=$out/logs/$1.txt status preload=
  if ! command -v compute-sanitizer > /dev/null; then
    echo "skipped: compute-sanitizer is not on PATH"
    return $SKIPPED
  fi
  case $backend in simcuda*)
    echo "skipped: the simulated device has checks of its own"
    return $SKIPPED ;;
  esac
  # One row first. The JVM handles signals by itself: where that is the trouble, its library of chained handlers may help.
  if ! sanitize "$tool" "$log" --rows 'argmax 1x1 f32' && ! grep -q 'SUMMARY: [1-9]' "$log"; then
    preload=$here/jre/lib/libjsig.so
    if ! sanitize "$tool" "$log" --rows 'argmax 1x1 f32' && ! grep -q 'SUMMARY: [1-9]' "$log"; then
      cat "$log"
      echo "skipped: $tool does not run here, not even over one row: $(grep -m 1 -i 'error\|not supported\|terminated' "$log")"
      return $SKIPPED
    fi
  fi
  sanitize "$tool" "$log" --rows "$filter" --seconds "$2"
  status=$?
  head -n 60 "$log"
  # Which kernels, how often: the summary of a long log.
  grep -o ' at [^ ]*+0x[0-9a-f]*' "$log" | sed 's/+0x.*//' | sort | uniq -c | sort -rn | head -n 20
  grep 'SUMMARY' "$log"
  if [ $status != 0 ] && [ $status != 86 ] && ! grep -q 'SUMMARY' "$log"; then
    echo "$tool ended without a summary, status $status"
  fi
  return $status
}

soak() {
  local frames=10000 loads=50
  [ -z "$small" ] || frames=60 loads=4
  # Heap and compiler that do not grow by themselves, and one pool of native memory.
  MALLOC_ARENA_MAX=2 "${java[@]}" -Xms256m -Xmx256m -XX:+AlwaysPreTouch -XX:TieredStopAtLevel=1 \
    -cp "$programs" dev.earshot.bench.check.Soak --backend "$backend" --frames $frames --loads $loads
}

has_torch() {
  command -v python3 > /dev/null && python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2> /dev/null
}

measure() {
  local more=() left
  [ -z "$small" ] || more+=(--quick)
  [ -z "$only" ] || more+=(--only "$only")
  [ -n "$again" ] || more+=(--resume)
  if [ -n "$deadline" ]; then
    left=$(($(seconds_left) - 5))
    more+=(--minutes "$(awk -v s="$left" 'BEGIN { print s / 60 }')")
  fi
  if has_torch; then
    more+=(--peers)
  else
    echo "no PyTorch with CUDA in python3: no peers"
    case ",$only," in *,peers*) echo "skipped: --only names peers"; return $SKIPPED ;; esac
  fi
  "${java[@]}" -Dearshot.home="$here" -cp "$programs" dev.earshot.bench.suite.BenchCommand --suite cuda --card "$backend" \
    --out "$out" "${more[@]}"
}

# Which of the parts are asked for is part of the name: "measure" that passed says nothing of others.
measured=measure${only:+:$only}

piece probe probe 15 probe
piece ops table 60 table table "$backend" "$flops"
# tf32 changes products alone; the largest rows say nothing that the smaller ones do not.
tf32_flops=1e8
[ -z "$small" ] || tf32_flops=1e6
piece ops table-tf32 40 table table-tf32 "$backend:tf32" "$tf32_flops"
piece ops contract 40 other_tests
piece goldens goldens 40 goldens
piece repeat repeat 60 repeat
piece failures failures 60 failures
for tool in memcheck racecheck initcheck synccheck; do
  piece sanitizer "$tool" 65 sanitizer "$tool" 45
done
piece soak soak 150 soak
piece measure "$measured" 120 measure

echo
pack_results
[ ! -f "$out/checks.md" ] || cat "$out/checks.md"
echo
ls -l "$pack"
[ ${#failed_pieces[@]} = 0 ] || { echo "failed: ${failed_pieces[*]}"; status=1; }
[ ${#left_pieces[@]} = 0 ] || { echo "left, call again with --resume $pack: ${left_pieces[*]}"; status=${status:-$LEFT}; }
exit "${status:-0}"
