package gyre.lab.program;

import gyre.Fiber;
import gyre.Loop;
import gyre.Timer;
import gyre.net.StreamOptions;
import gyre.net.UnixStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The work of libevent's {@code bench} in push style. */
final class GyreEvents implements Round {
  private static final long TIMEOUT_NANOS = 3_600_000_000_000L;
  private static final int SEED = 1;
  private static final byte BYTE = 'e';

  private final GyreLoop loop;
  private final List<UnixStream> writers = new ArrayList<>();
  private final PlainSend first = new PlainSend(BYTE);
  private final int[] firstDescriptors;
  private final List<Timer> timeouts = new ArrayList<>();
  private final int pairs;
  private final int active;
  private final int writes;
  private final long roundNanos;
  private final boolean hasTimeouts;
  private final byte[] one = {BYTE};
  private final long[] extraNanos;
  private int passed;
  private int read;
  private int errors;
  private Fiber<?> waiter;

  private GyreEvents(GyreLoop loop, Options options) {
    this.loop = loop;
    this.pairs = options.number("pairs", 100);
    this.active = options.number("active", 1);
    this.writes = options.number("writes", 100);
    this.roundNanos = options.nanos("round-ms", 300);
    this.hasTimeouts = options.flag("timeouts");
    this.extraNanos = new Random(SEED).longs(pairs, 0, 1_000_000_000L).toArray();
    this.waiter = Fiber.current();
    this.firstDescriptors = new int[active];
  }

  static GyreEvents open(GyreLoop loop, Options options) throws Exception {
    return loop.call(() -> {
      GyreEvents events = new GyreEvents(loop, options);
      StreamOptions sparse = StreamOptions.defaults().sparse(true);
      for (int i = 0; i < events.pairs; i++) {
        events.watch(i, UnixStream.pair(sparse));
      }
      for (int i = 0; i < events.active; i++) {
        int pair = i * (events.pairs / events.active);
        events.firstDescriptors[i] = PlainSend.descriptor(events.writers.get(pair));
      }
      return events;
    });
  }

  private void watch(int pair, UnixStream.Pair ends) {
    writers.add(ends.right());
    if (hasTimeouts) {
      timeouts.add(Loop.current().timer(() -> errors++));
      restartTimeout(pair);
    }
    ends.left()
        .onData(in -> {
          if (in.size() != 1) {
            errors++; // no pair ever holds two
          }
          while (!in.isEmpty()) {
            if (in.readByte() != BYTE) {
              errors++;
            }
            arrived(pair);
          }
        });
  }

  private void arrived(int pair) {
    read++;
    if (hasTimeouts) {
      restartTimeout(pair);
    }
    if (passed < writes) {
      passed++;
      send((pair + 1) % pairs);
    }
    if (read == active + writes) {
      waiter.unpark();
    }
  }

  private void restartTimeout(int pair) {
    timeouts.get(pair).restartNanos(TIMEOUT_NANOS + extraNanos[pair]);
  }

  private void send(int pair) {
    writers.get(pair).write(one);
  }

  @Override
  public void run(Figures figures) throws Exception {
    RunTimes times = loop.call(this::round);
    figures.put("pairs", pairs);
    figures.put("active", active);
    figures.put("writes", writes);
    figures.put("timeouts", hasTimeouts);
    times.into(figures);
    figures.put("errors", errors);
  }

  private RunTimes round() {
    waiter = Fiber.current();
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      passed = 0;
      read = 0;
      for (int descriptor : firstDescriptors) {
        if (!first.to(descriptor)) {
          errors++;
        }
      }
      times.begin();
      while (read < active + writes) {
        Fiber.park();
      }
      times.end(read);
    }
    return times;
  }
}
