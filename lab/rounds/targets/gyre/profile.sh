# Four looks at a program of the lab: (1) user and kernel time, (2) hot methods by the JVM's own sampler,
# (3) time without work, (4) system calls, where strace is there. A look that is not possible says so.
set -u
recording=$BUILD/profile.jfr
rm -f "$recording"
TIMEFORMAT='%R %U %S'
times=$({ time ROUND_JAVA_OPTIONS="-XX:StartFlightRecording:filename=$recording,settings=profile" \
  sh "$TARGETS/gyre/run.sh" "$@" >"$BUILD/profile.out" 2>&1; } 2>&1)
echo "$times" | awk '{
  printf "kernel %.1f\n", 100 * $3 / ($2 + $3 + 0.0001)
  idle = 100 * (1 - ($2 + $3) / ($1 + 0.0001)); if (idle < 0) idle = 0
  printf "without work, or without a core: %.1f %% of the time\n", idle
}'
[ -f "$recording" ] || { cat "$BUILD/profile.out"; exit 1; }
"$JAVA_HOME/bin/jfr" view --width 160 --truncate beginning hot-methods "$recording" | awk '
  match($0, /[0-9.]+%/) {
    percent = substr($0, RSTART, RLENGTH - 1)
    method = $1; sub(/\(.*/, "", method); n = split(method, parts, ".")
    name = parts[1]; for (i = 2; i < n; i++) name = name "." parts[i]
    print "share " name "::" parts[n] " " percent
  }'
if command -v strace >/dev/null; then
  timeout 60 strace -f -c -o "$BUILD/strace.txt" sh "$TARGETS/gyre/run.sh" gyre-push timers --alive 1000 --rounds 1 \
    --warmup-ms 100 >/dev/null 2>&1 && sed -n '1,12p' "$BUILD/strace.txt"
else
  echo "system calls: no strace here"
fi
exit 0
