# Prints the functions that the benchmarks enter, by gcov: a build of its own with --coverage, not measured.
set -eu
answers=${LIBEVENT_ANSWERS:-$BUILD/../answers.cmake}
cov=$BUILD/coverage
rm -rf "$cov"
cmake -C "$answers" -S . -B "$cov" -DCMAKE_BUILD_TYPE=Debug -DEVENT__LIBRARY_TYPE=STATIC -DEVENT__DISABLE_OPENSSL=ON \
  -DEVENT__DISABLE_MBEDTLS=ON -DEVENT__DISABLE_SAMPLES=ON -DEVENT__DISABLE_REGRESS=ON \
  -DCMAKE_C_FLAGS=--coverage >"$cov.txt" 2>&1
cmake --build "$cov" --target bench bench_cascade >>"$cov.txt" 2>&1
"$cov/bin/bench" -n 100 -a 10 -w 100 >/dev/null
"$cov/bin/bench_cascade" -n 100 >/dev/null
find "$cov" -name '*.gcda' | while read -r data; do
  (cd "$cov" && gcov -n -f "$data" 2>/dev/null)
done | awk '
  /^Function / { name = $2; gsub(/\047/, "", name) }
  /^Lines executed:/ { if (name != "" && $2 !~ /^executed:0\.00%/ && $0 !~ /:0\.00%/) print name; name = "" }' | sort -u
