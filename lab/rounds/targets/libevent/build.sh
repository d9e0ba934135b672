# Builds libevent, its benchmarks and its tests into $BUILD. What CMake has found out about the machine is asked once:
# the first build leaves the answers for the others of its round (or LIBEVENT_ANSWERS names a file that has them).
set -eu
answers=${LIBEVENT_ANSWERS:-$BUILD/../answers.cmake}
set -- -S . -B "$BUILD" -DCMAKE_BUILD_TYPE=Release -DEVENT__LIBRARY_TYPE=STATIC \
  -DEVENT__DISABLE_OPENSSL=ON -DEVENT__DISABLE_MBEDTLS=ON -DEVENT__DISABLE_SAMPLES=ON
if [ -f "$answers" ]; then
  cmake -C "$answers" "$@"
else
  cmake "$@"
  sed -n 's/^\([A-Z][A-Za-z_0-9]*\):INTERNAL=\(.*\)$/set(\1 "\2" CACHE INTERNAL "")/p' "$BUILD/CMakeCache.txt" |
    grep -v '^set(CMAKE_' > "$answers"
fi
cmake --build "$BUILD" --target bench bench_cascade bench_http regress
