package gyre.lab.program;

import gyre.Fiber;
import gyre.net.StreamOptions;
import gyre.net.UnixStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The work of libevent's {@code bench_cascade} in push style. Watching a stream is resuming its
 * input; the handler pauses it again, which is a cancellation under way when the next pair is read
 * already, so that a run is over when none of them is any more.
 */
final class GyreCascade implements Round {
  private static final byte BYTE = 'e';

  private final GyreLoop loop;
  private final List<UnixStream> readers = new ArrayList<>();
  private final List<UnixStream> writers = new ArrayList<>();
  private final long roundNanos;

  /** A stream whose input is paused is watched for its end alone. */
  private static final int WATCHED = 1;

  private final byte[] one = {BYTE};
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
    UnixStream reader = ends.left();
    readers.add(reader);
    writers.add(ends.right());
    reader.pauseInput();
    reader.onData(in -> {
      if (in.size() != 1 || in.readByte() != BYTE || pair != read) {
        errors++;
      }
      in.drain(in.size());
      reader.pauseInput();
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
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      times.begin();
      once();
      times.end(read);
    }
    return times;
  }

  private void once() {
    read = 0;
    for (UnixStream reader : readers) {
      reader.resumeInput();
    }
    writers.getFirst().write(one);
    while (read < writers.size()) {
      Fiber.park();
    }
    for (UnixStream reader : readers) {
      while (reader.pendingOperations() > WATCHED) {
        Fiber.yield();
      }
    }
  }
}
