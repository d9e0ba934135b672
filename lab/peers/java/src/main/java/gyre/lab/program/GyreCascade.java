package gyre.lab.program;

import gyre.Fiber;
import gyre.net.StreamOptions;
import gyre.net.UnixStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The work of libevent's {@code bench_cascade} in push style. A stream of Gyre is watched for as
 * long as it is open; there is nothing to add or take away for a single event.
 */
final class GyreCascade implements Round {
  private final GyreLoop loop;
  private final List<UnixStream> writers = new ArrayList<>();
  private final long roundNanos;
  private final byte[] one = new byte[1];
  private int read;
  private int errors;
  private Fiber<?> waiter;

  private GyreCascade(GyreLoop loop, long roundNanos) {
    this.loop = loop;
    this.roundNanos = roundNanos;
    this.waiter = Fiber.current();
  }

  static GyreCascade open(GyreLoop loop, Options options) throws Exception {
    return loop.call(() -> {
      GyreCascade cascade = new GyreCascade(loop, options.nanos("round-ms", 300));
      StreamOptions sparse = StreamOptions.defaults().sparse(true);
      for (int i = 0; i < options.number("pairs", 100); i++) {
        cascade.watch(i, UnixStream.pair(sparse));
      }
      return cascade;
    });
  }

  private void watch(int pair, UnixStream.Pair ends) {
    writers.add(ends.right());
    ends.left()
        .onData(in -> {
          if (in.size() != 1 || pair != read) {
            errors++;
          }
          in.drain(in.size());
          read++;
          if (read < writers.size()) {
            writers.get(read).write(one);
          } else {
            waiter.unpark();
          }
        });
  }

  @Override
  public void run(Figures figures) throws Exception {
    RunTimes times = loop.call(this::round);
    figures.put("pairs", writers.size());
    times.into(figures);
    figures.put("errors", errors);
  }

  private RunTimes round() {
    waiter = Fiber.current();
    errors = 0;
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      read = 0;
      times.begin();
      writers.getFirst().write(one);
      while (read < writers.size()) {
        Fiber.park();
      }
      times.end(read);
    }
    return times;
  }
}
