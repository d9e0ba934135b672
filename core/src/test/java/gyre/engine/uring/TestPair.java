package gyre.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.Accept;
import gyre.engine.Block;
import gyre.engine.Connect;
import gyre.engine.Receive;
import gyre.engine.Send;
import gyre.engine.Sockets;
import gyre.engine.Vector;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** An engine and two connected sockets of it: one sends, the other receives. */
final class TestPair implements AutoCloseable {
  private static final int MAX_BYTES = 1 << 20;
  private static final long MEMORY = Arena.global().allocate(MAX_BYTES, 8).address();
  private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(20);

  final UringEngine engine;
  final Sender sender;
  final Receiver receiver;
  long sentBytes;

  private TestPair(UringEngine engine, int[] descriptors) {
    this.engine = engine;
    sender = new Sender(descriptors[0]);
    receiver = new Receiver(descriptors[1]);
  }

  /** With the receiver started. */
  static TestPair open(UringOptions options) {
    TestPair pair = on(UringEngine.open(options));
    pair.engine.submit(pair.receiver);
    return pair;
  }

  static TestPair on(UringEngine engine) {
    int[] descriptors = new int[2];
    assertThat(engine.sockets().pair(descriptors)).isZero();
    return new TestPair(engine, descriptors);
  }

  static TestPair overTcp(UringEngine engine) {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    int listener = engine.sockets().open(Sockets.Family.INET4, Sockets.Type.STREAM);
    assertThat(engine.sockets().bind(listener, any)).isZero();
    assertThat(engine.sockets().listen(listener, 1)).isZero();
    int[] accepted = {-1};
    Accept accept =
        new Accept() {
          @Override
          public void accepted(int connection) {
            accepted[0] = connection;
            engine.cancel(this);
          }

          @Override
          public void ended(int error) {}
        };
    accept.descriptor = listener;
    int[] connected = {1};
    Connect connect =
        new Connect() {
          @Override
          public void ended(int result) {
            connected[0] = result;
          }
        };
    connect.descriptor = engine.sockets().open(Sockets.Family.INET4, Sockets.Type.STREAM);
    connect.target = engine.sockets().localAddress(listener);
    engine.submit(accept);
    engine.submit(connect);
    TestPair pair = new TestPair(engine, new int[] {connect.descriptor, -1});
    pair.turnUntil(() -> connect.isIdle() && accept.isIdle());
    assertThat(connected[0]).isZero();
    engine.sockets().close(listener);
    pair.receiver.descriptor = accepted[0];
    return pair;
  }

  void turn() {
    engine.await(TimeUnit.MILLISECONDS.toNanos(10));
    int ignored = engine.dispatch(256);
  }

  void turnUntil(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      turn();
      assertThat(System.nanoTime() - start).isLessThan(HANG_NANOS);
    }
  }

  /** Sends all of it and waits until it has arrived. */
  void send(int bytes) {
    long expected = receiver.bytes + bytes;
    sender.start(bytes);
    turnUntil(() -> sender.isIdle() && sender.left == 0 && receiver.bytes == expected);
  }

  @Override
  public void close() {
    engine.close();
  }

  final class Sender extends Send {
    final List<Integer> results = new ArrayList<>();
    boolean continues = true;
    int left;
    int segments = 1;

    Sender(int descriptor) {
      this.descriptor = descriptor;
    }

    void start(int bytes) {
      assertThat(bytes).isBetween(1, MAX_BYTES);
      left = bytes;
      engine.submit(this);
    }

    @Override
    public int gather(Vector vector) {
      int each = Math.max(1, left / segments);
      for (int done = 0; done < left && !vector.isFull(); done += each) {
        vector.add(MEMORY + done, Math.min(each, left - done));
      }
      return vector.count();
    }

    @Override
    public void ended(int result) {
      results.add(result);
      if (result > 0) {
        left -= result;
        sentBytes += result;
        if (left > 0 && continues) {
          engine.submit(this);
        }
      }
    }
  }

  static final class Receiver extends Receive {
    final List<Block> held = new ArrayList<>();
    boolean hold;
    long bytes;
    int callbacks;
    int stops;
    int result = 1;

    Receiver(int descriptor) {
      this.descriptor = descriptor;
    }

    @Override
    public void received(Block block, int offset, int length) {
      bytes += length;
      callbacks++;
      if (hold) {
        held.add(block);
      } else {
        block.release();
      }
    }

    void letGo() {
      held.forEach(Block::release);
      held.clear();
    }

    @Override
    public void ended(int outcome) {
      stops++;
      result = outcome;
    }
  }
}
