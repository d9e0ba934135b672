# The tests of core that are named, compiled and run without Maven where JUnit's console is in the local repository
# (org.junit.platform:junit-platform-console-standalone), and by ./gyre test where it is not.
set -eu
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}
console=$(find "$repository/org/junit/platform/junit-platform-console-standalone" -name '*.jar' 2>/dev/null | tail -n 1)
if [ -z "$console" ]; then
  exec ./gyre test -q -pl core "-Dtest=$(echo "$@" | tr ' ' ',')"
fi
assertj=$(find "$repository/org/assertj/assertj-core" -name '*.jar' | tail -n 1)
files=
for test in "$@"; do
  files="$files $(find core/src/test/java -name "$test.java")"
done
tests=$BUILD/tests-$(echo "$@" | tr ' ' '-') # those of another call are not to be run again
mkdir -p "$tests"
classes="$BUILD/core:$(cat "$BUILD/jars"):$assertj:$console"
# shellcheck disable=SC2086
"$JAVA_HOME/bin/javac" -J-XX:TieredStopAtLevel=1 -nowarn -proc:none -d "$tests" -cp "$classes" \
  -sourcepath core/src/test/java $files
"$JAVA_HOME/bin/java" -ea -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --add-opens=java.base/java.lang=ALL-UNNAMED \
  --enable-native-access=ALL-UNNAMED -jar "$console" execute --disable-banner --details=summary \
  --fail-if-no-tests --class-path "$tests:$BUILD/core:$(cat "$BUILD/jars"):$assertj" \
  --scan-classpath "$tests" --include-classname '.*Test'
