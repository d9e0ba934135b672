package gyre.lab.program;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Peers that behave badly, all of them on one selector. */
final class OverloadPeers implements AutoCloseable {
  private static final int FRAME_BYTES = 100_000;
  private static final int GREEDY_BYTES = 99_000;
  private static final int RESETTING_BYTES = 50_000;
  private static final int SLOW_ANSWER_BYTES = 1 << 20;

  /** On loopback the kernel keeps more than 2 MiB for a peer that does not read. */
  private static final int SLOW_REQUESTS = 4;

  private static final int SLOW_BUFFER_BYTES = 4096;
  private static final int SLOW_READ_BYTES = 4;
  private static final int STARTS_A_PASS = 20;
  private static final long PASS_MILLIS = 10;
  private static final long SLOW_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private enum Kind {
    GREEDY,
    SLOW,
    RESETTING
  }

  private enum State {
    CONNECTING,
    SENDING,
    SILENT,
    GONE
  }

  private static final class Peer {
    final Kind kind;
    final SocketChannel channel;
    final ByteBuffer request;
    State state = State.CONNECTING;
    long dueNanos;

    Peer(Kind kind, SocketChannel channel, ByteBuffer request) {
      this.kind = kind;
      this.channel = channel;
      this.request = request;
    }
  }

  private final InetSocketAddress server;
  private final Selector selector;
  private final List<Kind> toStart;
  private final List<Peer> peers = new ArrayList<>();
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(SLOW_READ_BYTES);
  private final Map<Kind, Integer> lost = new EnumMap<>(Kind.class);
  private long resettingNanos;
  private int resets;

  private OverloadPeers(InetSocketAddress server, Selector selector, List<Kind> toStart) {
    this.server = server;
    this.selector = selector;
    this.toStart = toStart;
  }

  static OverloadPeers open(InetSocketAddress server, Options options) throws IOException {
    int[] counts = {
      options.number("greedy", 1_500), options.number("slow", 400), options.number("resetting", 200)
    };
    return new OverloadPeers(server, Selector.open(), mixed(counts));
  }

  /** Each kind spread evenly over all. */
  private static List<Kind> mixed(int[] counts) {
    int all = counts[0] + counts[1] + counts[2];
    int[] done = new int[counts.length];
    List<Kind> mixed = new ArrayList<>();
    for (int i = 1; i <= all; i++) {
      int behind = 0;
      long most = Long.MIN_VALUE;
      for (int kind = 0; kind < counts.length; kind++) {
        long missing = (long) counts[kind] * i - (long) done[kind] * all;
        if (missing > most) {
          most = missing;
          behind = kind;
        }
      }
      done[behind]++;
      mixed.add(Kind.values()[behind]);
    }
    return mixed;
  }

  /** Behaves badly for so long after all have started; who is to be reset is by then. */
  void run(int millis) throws IOException {
    long endNanos = System.nanoTime() + millis * 1_000_000L;
    // Half of the time is for resets, so that they meet every state that a stream may be in.
    resettingNanos = millis * 1_000_000L / 2;
    int started = 0;
    while (started < toStart.size() || System.nanoTime() - endNanos < 0) {
      for (int i = 0; i < STARTS_A_PASS && started < toStart.size(); i++) {
        start(toStart.get(started), started);
        started++;
        endNanos = System.nanoTime() + millis * 1_000_000L;
      }
      int ignored = selector.select(PASS_MILLIS);
      for (SelectionKey key : selector.selectedKeys()) {
        Peer peer = (Peer) key.attachment();
        attempt(peer, () -> ready(peer, key));
      }
      selector.selectedKeys().clear();
      doWhatIsDue(System.nanoTime());
    }
    doWhatIsDue(endNanos + resettingNanos); // also what a busy machine has left
  }

  private void start(Kind kind, int number) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    if (kind == Kind.SLOW) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, SLOW_BUFFER_BYTES);
    }
    Peer peer = new Peer(kind, channel, request(kind));
    peer.dueNanos = System.nanoTime() + dueInNanos(kind, number);
    peers.add(peer);
    attempt(
        peer,
        () -> {
          boolean isConnected = channel.connect(server);
          peer.state = isConnected ? State.SENDING : State.CONNECTING;
          int interest = isConnected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT;
          SelectionKey ignored = channel.register(selector, interest, peer);
        });
  }

  private long dueInNanos(Kind kind, int number) {
    return kind == Kind.SLOW
        ? SLOW_PAUSE_NANOS
        : resettingNanos * (number + 1) / Math.max(1, toStart.size());
  }

  private static ByteBuffer request(Kind kind) {
    return switch (kind) {
      case GREEDY -> part(GREEDY_BYTES);
      case RESETTING -> part(RESETTING_BYTES);
      case SLOW -> {
        ByteBuffer requests = ByteBuffer.allocateDirect(SLOW_REQUESTS * 2 * Integer.BYTES);
        while (requests.hasRemaining()) {
          requests.putInt(0).putInt(SLOW_ANSWER_BYTES);
        }
        yield requests.flip();
      }
    };
  }

  /** So many bytes of a frame that is larger. */
  private static ByteBuffer part(int bytes) {
    return ByteBuffer.allocateDirect(bytes).putInt(FRAME_BYTES).putInt(FRAME_BYTES).position(0);
  }

  private interface Attempt {
    void run() throws IOException;
  }

  /** A peer that was reset, or could not connect, is lost and goes. */
  private void attempt(Peer peer, Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException e) {
      lost.merge(peer.kind, 1, Integer::sum);
      leave(peer);
    }
  }

  private void ready(Peer peer, SelectionKey key) throws IOException {
    if (peer.state == State.CONNECTING && key.isConnectable()) {
      boolean ignored = peer.channel.finishConnect();
      peer.state = State.SENDING;
      key.interestOps(SelectionKey.OP_WRITE);
    } else if (peer.state == State.SENDING) {
      int ignored = peer.channel.write(peer.request);
      if (!peer.request.hasRemaining()) {
        peer.state = State.SILENT;
        // Of those that read slowly nothing is asked but by the clock.
        key.interestOps(peer.kind == Kind.SLOW ? 0 : SelectionKey.OP_READ);
      }
    } else if (peer.state == State.SILENT && key.isReadable()) {
      read(peer);
    }
  }

  private void read(Peer peer) throws IOException {
    scratch.clear();
    if (peer.channel.read(scratch) < 0) {
      throw new IOException("ended by the server");
    }
  }

  private void doWhatIsDue(long now) {
    for (Peer peer : peers) {
      if (peer.state == State.GONE || now - peer.dueNanos < 0) {
        continue;
      }
      if (peer.kind == Kind.SLOW && peer.state == State.SILENT) {
        peer.dueNanos = now + SLOW_PAUSE_NANOS;
        attempt(peer, () -> read(peer));
      } else if (peer.kind == Kind.RESETTING) {
        attempt(
            peer,
            () -> {
              SocketChannel ignored = peer.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
              resets++;
              leave(peer);
            });
      }
    }
  }

  private static void leave(Peer peer) {
    peer.state = State.GONE;
    try {
      peer.channel.close();
    } catch (IOException e) {
      // Then it has left.
    }
  }

  void tell(Figures figures) {
    int silent = 0;
    for (Peer peer : peers) {
      silent += peer.state == State.GONE ? 0 : 1;
    }
    figures.put("peersStarted", peers.size());
    figures.put("peersLeft", silent);
    figures.put("greedyLost", lost.getOrDefault(Kind.GREEDY, 0));
    figures.put("slowLost", lost.getOrDefault(Kind.SLOW, 0));
    figures.put("resettingLost", lost.getOrDefault(Kind.RESETTING, 0));
    figures.put("resets", resets);
  }

  /** All leave. */
  @Override
  public void close() throws IOException {
    for (Peer peer : peers) {
      leave(peer);
    }
    selector.close();
  }
}
