# The tests, with the address and leak sanitizers, in a build of their own.
set -eu
answers=${LIBEVENT_ANSWERS:-$BUILD/../answers.cmake}
out=$BUILD/sanitized
cmake -C "$answers" -S . -B "$out" -DCMAKE_BUILD_TYPE=Debug -DEVENT__LIBRARY_TYPE=STATIC -DEVENT__DISABLE_OPENSSL=ON \
  -DEVENT__DISABLE_MBEDTLS=ON -DEVENT__DISABLE_SAMPLES=ON -DCMAKE_C_FLAGS='-fsanitize=address -fno-omit-frame-pointer'
cmake --build "$out" --target regress
"$out/bin/regress" --quiet
