package gyre.lab.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** The work of libevent's {@code bench_cascade}, on a selector: a key is watched for one event. */
final class NioCascade implements Round {
  private static final byte BYTE = 'e';

  private final Selector selector;
  private final NioPairs pairs;
  private final SelectionKey[] keys;
  private final long roundNanos;
  private final ByteBuffer one = ByteBuffer.allocateDirect(1).put(0, BYTE);
  private final ByteBuffer input = ByteBuffer.allocateDirect(1);
  private int read;
  private int errors;

  private NioCascade(Selector selector, NioPairs pairs, long roundNanos) {
    this.selector = selector;
    this.pairs = pairs;
    this.keys = new SelectionKey[pairs.count()];
    this.roundNanos = roundNanos;
  }

  static NioCascade open(Options options) throws IOException {
    NioPairs pairs = NioPairs.open(options.number("pairs", 100));
    NioCascade cascade = new NioCascade(Selector.open(), pairs, options.nanos("round-ms", 300));
    for (int i = 0; i < pairs.count(); i++) {
      cascade.keys[i] = pairs.first().get(i).register(cascade.selector, 0, i);
    }
    return cascade;
  }

  @Override
  public void run(Figures figures) throws IOException {
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      times.begin();
      once();
      times.end(read);
    }
    figures.put("pairs", pairs.count());
    times.into(figures);
    figures.put("errors", errors);
  }

  private void once() throws IOException {
    read = 0;
    for (SelectionKey key : keys) {
      key.interestOps(SelectionKey.OP_READ);
    }
    send(0);
    while (read < pairs.count()) {
      selector.select(this::ready);
    }
  }

  private void ready(SelectionKey key) {
    int pair = (Integer) key.attachment();
    try {
      if (((SocketChannel) key.channel()).read(input.clear()) != 1
          || input.get(0) != BYTE
          || pair != read) {
        errors++;
      }
      key.interestOps(0);
      read++;
      if (pair + 1 < pairs.count()) {
        send(pair + 1);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void send(int pair) throws IOException {
    if (pairs.second().get(pair).write(one.clear()) != 1) {
      errors++;
    }
  }
}
