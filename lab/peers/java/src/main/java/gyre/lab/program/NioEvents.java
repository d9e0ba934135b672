package gyre.lab.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The work of libevent's {@code bench}, on a selector. */
final class NioEvents implements Round {
  private static final long TIMEOUT_NANOS = 3_600_000_000_000L;
  private static final int SEED = 1;
  private static final byte BYTE = 'e';

  private final Selector selector;
  private final NioPairs pairs;
  private final int active;
  private final int writes;
  private final long roundNanos;
  private final @Nullable DeadlineHeap timeouts;
  private final long[] extraNanos;
  private final ByteBuffer one = ByteBuffer.allocateDirect(1).put(0, BYTE);
  private final ByteBuffer input = ByteBuffer.allocateDirect(2); // no pair ever holds two
  private long now;
  private int passed;
  private int read;
  private int errors;

  private NioEvents(Selector selector, NioPairs pairs, Options options) {
    this.selector = selector;
    this.pairs = pairs;
    this.active = options.number("active", 1);
    this.writes = options.number("writes", 100);
    this.roundNanos = options.nanos("round-ms", 300);
    this.timeouts = options.flag("timeouts") ? new DeadlineHeap(pairs.count()) : null;
    this.extraNanos = new Random(SEED).longs(pairs.count(), 0, 1_000_000_000L).toArray();
  }

  static NioEvents open(Options options) throws IOException {
    NioPairs pairs = NioPairs.open(options.number("pairs", 100));
    NioEvents events = new NioEvents(Selector.open(), pairs, options);
    for (int i = 0; i < pairs.count(); i++) {
      pairs.first().get(i).register(events.selector, SelectionKey.OP_READ, i);
      events.restartTimeout(i, System.nanoTime());
    }
    return events;
  }

  private void restartTimeout(int pair, long from) {
    if (timeouts != null) {
      timeouts.set(pair, from + TIMEOUT_NANOS + extraNanos[pair]);
    }
  }

  @Override
  public void run(Figures figures) throws IOException {
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      once(times);
    }
    figures.put("pairs", pairs.count());
    figures.put("active", active);
    figures.put("writes", writes);
    figures.put("timeouts", timeouts != null);
    times.into(figures);
    figures.put("errors", errors);
  }

  private void once(RunTimes times) throws IOException {
    passed = 0;
    read = 0;
    int distance = pairs.count() / active;
    for (int i = 0; i < active; i++) {
      send(pairs.second().get(i * distance));
    }
    times.begin();
    while (read < active + writes && errors == 0) {
      now = System.nanoTime();
      expire();
      selector.select(this::ready, timeouts == null ? 0 : timeouts.millisAfter(now));
    }
    times.end(read);
  }

  private void expire() {
    if (timeouts != null && timeouts.isDue(now)) {
      errors++;
    }
  }

  private void ready(SelectionKey key) {
    int pair = (Integer) key.attachment();
    try {
      if (((SocketChannel) key.channel()).read(input.clear()) != 1 || input.get(0) != BYTE) {
        errors++;
        return;
      }
      read++;
      restartTimeout(pair, now);
      if (passed < writes) {
        passed++;
        send(pairs.second().get((pair + 1) % pairs.count()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void send(SocketChannel channel) throws IOException {
    if (channel.write(one.clear()) != 1) {
      errors++;
    }
  }
}
