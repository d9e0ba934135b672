# Four looks at a program of the lab while it works: (1) user and kernel time, (2) hot methods by the JVM's own sampler,
# (3) time without work, (4) system calls, where strace is there. A look that is not possible says so. The options
# have to keep it at work for longer than the looks take.
set -u
recording=$BUILD/profile.jfr
rm -f "$recording"
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xms64m -Xmx512m -XX:StartFlightRecording:settings=profile \
  --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED \
  -cp "$BUILD/java:$BUILD/http:$BUILD/core:$(cat "$BUILD/jars")" gyre.lab.program.Main "$@" \
  >"$BUILD/profile.out" 2>&1 </dev/null &
program=$!
trap 'kill -9 $program 2>/dev/null' EXIT
times() { awk '{ print $14, $15 }' "/proc/$program/stat"; }
sleep 4
before=$(times)
sleep 8
echo "$before $(times) $(getconf CLK_TCK)" | awk '{
  user = $3 - $1; kernel = $4 - $2
  printf "kernel %.1f\n", 100 * kernel / (user + kernel + 0.0001)
  idle = 100 * (1 - (user + kernel) / (8 * $5)); if (idle < 0) idle = 0
  printf "without work, or without a core: %.1f %% of the time\n", idle
}'
# It is asked for while the program works: some end without running what writes it at the end.
"$JAVA_HOME/bin/jcmd" "$program" JFR.dump "filename=$recording" >"$BUILD/jcmd.out" 2>&1
[ -s "$recording" ] || { cat "$BUILD/profile.out" "$BUILD/jcmd.out"; exit 1; }
"$JAVA_HOME/bin/jfr" view --width 160 --truncate beginning hot-methods "$recording" | awk '
  match($0, /[0-9.]+%/) {
    percent = substr($0, RSTART, RLENGTH - 1)
    method = $1; sub(/\(.*/, "", method); n = split(method, parts, ".")
    name = parts[1]; for (i = 2; i < n; i++) name = name "." parts[i]
    print "share " name "::" parts[n] " " percent
  }'
if command -v strace >/dev/null; then
  timeout 5 strace -f -c -o "$BUILD/strace.txt" -p "$program" >/dev/null 2>&1
  sed -n '1,12p' "$BUILD/strace.txt"
else
  echo "system calls: no strace here"
fi
exit 0
