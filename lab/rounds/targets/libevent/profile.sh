# Four looks: (1) user and kernel time, (2) hot functions by perf, (3) time without work, (4) system calls by name.
set -u
bench="$BUILD/bin/bench -n 1000 -a 100 -w 1000"
command -v perf >/dev/null || { echo "perf is not there: apt-get install linux-perf"; exit 1; }
perf record -q -e cpu-clock -F 2000 -o "$BUILD/perf.data" $bench >/dev/null 2>&1 || { echo "perf cannot record here"; exit 1; }
perf report -q -i "$BUILD/perf.data" --sort symbol --stdio 2>/dev/null | awk '
  $2 == "[k]" { kernel += $1; next }
  $2 == "[.]" { sub("%", "", $1); print "share " $3 " " $1 }
  END { printf "kernel %.1f\n", kernel }'
if command -v strace >/dev/null; then
  strace -f -c -o "$BUILD/strace.txt" "$BUILD/bin/bench" -n 100 -a 10 -w 100 >/dev/null 2>&1
  events=$((25 * 110))
  awk -v events=$events '$4 ~ /^[0-9]+$/ && $NF ~ /^[a-z_0-9]+$/ && $NF != "total" { printf "calls %s %.4f\n", $NF, $4 / events }' \
    "$BUILD/strace.txt" | head -n 8
else
  echo "system calls: no strace here"
fi
exit 0
