# Sourced by run.sh: runs named pieces of work within a given time, keeps what each came to in $out/pieces.tsv, and packs
# everything below $out into one file after each, so that whoever ends this early loses only the piece under way.
#
# Read: out, pack, backend, effort, commit, steps (comma-separated), again (true or empty), deadline (seconds since the epoch,
# or empty). A piece is a function; it may print "skipped: REASON" and return 77, or return 4 for "something is left".

SKIPPED=77
LEFT=4
reserve_seconds=${EARSHOT_RESERVE_SECONDS:-15} # for packing
most_log_bytes=$((192 << 10))
most_pack_bytes=$((16 << 20))
left_pieces=()
failed_pieces=()
started=

# Prints the column $2 (2 outcome, 3 seconds, 4 remark, 5 commit) of a piece that ran before with this backend and effort.
recorded() {
  [ -f "$out/pieces.tsv" ] || return 0
  awk -F '\t' -v piece="$1" -v column="$2" -v backend="$backend" -v effort="$effort" \
    '$1 == piece && $6 == backend && $7 == effort { found = $column } END { print found }' "$out/pieces.tsv"
}

# A piece's outcome replaces what was known of it, in one move.
record() { # PIECE OUTCOME SECONDS REMARK
  local fresh=$out/pieces.tsv.new
  {
    [ ! -f "$out/pieces.tsv" ] || awk -F '\t' -v piece="$1" -v backend="$backend" -v effort="$effort" \
      '!($1 == piece && $6 == backend && $7 == effort)' "$out/pieces.tsv"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$commit" "$backend" "$effort" "$(date -u +%FT%TZ)"
  } > "$fresh"
  mv "$fresh" "$out/pieces.tsv"
}

seconds_left() {
  if [ -z "$deadline" ]; then echo 1000000; else echo $((deadline - $(date +%s) - reserve_seconds)); fi
}

# Runs a piece of a step unless the options leave it out, it passed before, or it would not be done in time. The first piece of
# a call always starts. What is still running at the end of the time is ended with everything it started.
piece() { # STEP PIECE EXPECTED_SECONDS COMMAND...
  local step=$1 name=$2 expected=$3 known left
  shift 3
  case ",$steps," in *",$step,"* | *",$name,"*) ;; *) return 0 ;; esac
  if [ -z "$again" ] && [ "$(recorded "$name" 2)" = passed ] && [ "$(recorded "$name" 5)" = "$commit" ]; then
    echo "== $name: passed before"
    return 0
  fi
  known=$(recorded "$name" 3)
  [ "$(recorded "$name" 2)" != passed ] || expected=${known:-$expected}
  left=$(seconds_left)
  if [ "$left" -le 0 ] || { [ -n "$started" ] && [ "$expected" -gt "$left" ]; }; then
    echo "== $name: left, it takes about $expected s and $left s remain"
    left_pieces+=("$name")
    [ -n "$(recorded "$name" 2)" ] || record "$name" left 0 "no time for about $expected s"
    return 0
  fi
  started=true
  echo
  echo "== $name"
  run_piece "$name" "$left" "$@"
  pack_results
}

run_piece() { # NAME MOST_SECONDS COMMAND...
  local name=$1 most=$2 start status remark= log
  shift 2
  log=$out/logs/$name.log
  mkdir -p "$out/logs"
  start=$(date +%s)
  set -m # a process group of its own, which can be ended as a whole
  ( "$@" 2>&1 | tee "$log"; exit "${PIPESTATUS[0]}" ) &
  local running=$!
  set +m
  if [ "$most" -lt 1000000 ]; then
    # Without our standard output, or whoever reads it would wait for this one's sleep.
    watch_over "$running" "$most" "$log.cut" > /dev/null 2>&1 &
    local watch=$!
  fi
  # shellcheck disable=SC2154  # watch is empty without a deadline
  trap 'trap - TERM INT; kill -TERM -- "-$running"; [ -z "${watch:-}" ] || kill "$watch"; record "$name" "cut off" 0 "by a signal"; exit 143' TERM INT
  wait "$running"
  status=$?
  trap - TERM INT
  if [ -n "${watch:-}" ]; then
    kill "$watch" 2> /dev/null
    wait "$watch" 2> /dev/null
  fi
  local seconds=$(($(date +%s) - start))
  if [ -e "$log.cut" ]; then
    rm -f "$log.cut"
    kill -KILL -- "-$running" 2> /dev/null
    left_pieces+=("$name")
    record "$name" "cut off" "$seconds" "at the end of the time for the call"
    echo "$name: cut off after $seconds s"
    return
  fi
  case $status in
    0) record "$name" passed "$seconds" "$(last_line "$log")" ;;
    "$SKIPPED") record "$name" skipped "$seconds" "$(last_line "$log")" ;;
    "$LEFT")
      left_pieces+=("$name")
      record "$name" left "$seconds" "$(last_line "$log")"
      ;;
    *)
      failed_pieces+=("$name")
      record "$name" FAILED "$seconds" "status $status: $(last_line "$log")"
      ;;
  esac
  echo "$name: $(recorded "$name" 2) after $seconds s"
}

# Ends a process group after so many seconds, first politely, and leaves a file that says so.
watch_over() { # GROUP SECONDS FILE
  local sleeper
  trap 'kill "$sleeper"; exit' TERM
  sleep "$2" & sleeper=$!
  wait "$sleeper"
  : > "$3"
  kill -TERM -- "-$1"
  sleep 5 & sleeper=$!
  wait "$sleeper"
  kill -KILL -- "-$1"
}

last_line() {
  tr -d '\r' < "$1" | grep -v '^[[:space:]]*$' | tail -n 1 | tr '\t|' '  ' | cut -c 1-200
}

# A log's beginning and end, where it is long.
trim_logs() {
  local log
  find "$out" -type f \( -name '*.log' -o -name '*.txt' \) -size "+$((2 * most_log_bytes / 1024))k" | while read -r log; do
    {
      head -c "$most_log_bytes" "$log"
      printf '\n[… cut here …]\n'
      tail -c "$most_log_bytes" "$log"
    } > "$log.short"
    mv "$log.short" "$log"
  done
}

table_of_pieces() {
  echo "# Checks on $(cat "$out/card" 2> /dev/null || echo "$backend")"
  echo
  echo "| piece | outcome | seconds | said last | commit | backend | effort | at |"
  echo "|---|---|---:|---|---|---|---|---|"
  awk -F '\t' '{ printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7, $8 }' "$out/pieces.tsv"
}

pack_results() {
  trim_logs
  [ ! -f "$out/pieces.tsv" ] || table_of_pieces > "$out/checks.md"
  pack_into "$pack.new" || return
  if [ "$(stat -c %s "$pack.new")" -gt "$most_pack_bytes" ]; then
    pack_into "$pack.new" --exclude=junit --exclude=logs || return
    echo "$pack: without logs, they are too long"
  fi
  mv "$pack.new" "$pack"
}

# xz where there is one; a .tar.xz of gzip unpacks as well, tar looks at the content.
pack_into() { # FILE [TAR OPTIONS]
  local file=$1
  shift
  if command -v xz > /dev/null; then
    tar "$@" -C "$out" -cf - . | xz -3 -T 0 > "$file"
  else
    tar "$@" -C "$out" -czf "$file" .
  fi
}
