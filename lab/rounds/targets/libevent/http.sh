# Serves by bench_http, asks 2,000 times, and prints what an answer cost the server, in nanoseconds of CPU time.
set -eu
port=$((20000 + ($$ + ${RUN:-0}) % 20000))
"$BUILD/bin/bench_http" -p $port -l 4096 >/dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 50); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done
ticks() { awk '{ print $1 }' "/proc/$server/schedstat"; }
before=$(ticks)
exec 3<>"/dev/tcp/127.0.0.1/$port"
for _ in $(seq 20); do
  for _ in $(seq 100); do printf 'GET /ind HTTP/1.1\r\nHost: a\r\n\r\n' >&3; done
  head -c 400000 <&3 >/dev/null
done
exec 3>&-
echo "time $((($(ticks) - before) / 2000))"
