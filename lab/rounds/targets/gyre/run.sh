# Runs a program of the lab: PEER MODE OPTIONS. Adds what an event costs to the lines of those that count events.
set -eu
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xms64m -Xmx512m ${ROUND_JAVA_OPTIONS:-} \
  --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED \
  -cp "$BUILD/java:$BUILD/http:$BUILD/core:$(cat "$BUILD/jars")" gyre.lab.program.Main "$@" |
  awk '{
    if (match($0, /"cpuNanos": ?[0-9]+/)) { split(substr($0, RSTART, RLENGTH), cpu, / *: */) }
    if (match($0, /"events": ?[0-9]+/)) { split(substr($0, RSTART, RLENGTH), events, / *: */) }
    if (events[2] > 0) { sub(/}$/, sprintf(", \"cpuNanosEach\": %.1f}", cpu[2] / events[2])) }
    print
  }'
