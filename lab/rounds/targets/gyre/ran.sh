# Prints the methods of Gyre that a program of the lab calls: each is compiled when it is first called, nothing
# is inlined, and the compiler prints what it compiles.
set -eu
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xcomp -XX:TieredStopAtLevel=1 -XX:-Inline \
  -XX:CompileCommand=quiet '-XX:CompileCommand=compileonly,gyre.*::*' -XX:+PrintCompilation \
  --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED \
  -cp "$BUILD/java:$BUILD/http:$BUILD/core:$(cat "$BUILD/jars")" gyre.lab.program.Main "$@" |
  awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^gyre\..*::/) print $i }' | sort -u
