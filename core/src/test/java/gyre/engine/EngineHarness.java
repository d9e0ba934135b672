package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

// Over 500 lines: one driver for each kind of operation, shared by the whole conformance suite.
/**
 * What the tests of the seam stand on: an engine whose turns they run themselves, and operations
 * that write down what happened to them and check at each callback what must always hold.
 *
 * <p>Both ends of every connection are on the engine under test, so that a simulated one can be
 * tested by the same classes.
 */
@Timeout(60)
public abstract class EngineHarness {
  /** What an engine may do without. */
  public enum Capability {
    UNIX_STREAMS,
    UNIX_DATAGRAMS,
    /** Unix sockets in the abstract name space. */
    ABSTRACT_NAMES,
    IPV6,
    PAIR,
    /** Datagrams that were cut say so. */
    TRUNCATION,
    REUSE_PORT,
    POLL,
    /** Descriptors are those of the kernel, so that calls past the engine may use them. */
    KERNEL_DESCRIPTORS,
    /** Addresses are those of the machine, where others can connect. */
    OUTSIDE_PEERS,
    ADOPTION
  }

  static final int NOT_YET = Integer.MIN_VALUE;
  private static final int BUDGET = 256;
  private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(30);

  protected Engine engine;
  protected Sockets sockets;
  private final List<Integer> descriptors = new ArrayList<>();
  private final List<Engine> others = new ArrayList<>();
  private boolean dispatching;
  int dispatches;

  protected abstract Engine openEngine(EngineOptions options);

  /** What the engine under test does not offer. */
  protected Set<Capability> missing() {
    return EnumSet.noneOf(Capability.class);
  }

  /** Whether a send takes all that there is room for. */
  protected boolean takesAll() {
    return true;
  }

  /** In how many turns a message gets through while another connection is flooded. */
  protected int turnsInAFlood() {
    return 60;
  }

  protected final void needs(Capability capability) {
    assumeTrue(!missing().contains(capability), () -> "not offered: " + capability);
    if (capability == Capability.IPV6) {
      assumeTrue(hasIpv6(), "no IPv6 on this machine");
    }
  }

  @BeforeEach
  void openFirst() {
    use(openEngine(EngineOptions.defaults()));
  }

  /** Goes on with another engine, for tests that want other options. */
  final void reopen(EngineOptions options) {
    engine.close();
    use(openEngine(options));
  }

  private void use(Engine opened) {
    engine = opened;
    sockets = opened.sockets();
  }

  final Engine openAnother() {
    Engine other = openEngine(EngineOptions.defaults());
    others.add(other);
    return other;
  }

  @AfterEach
  void closeAll() {
    for (int descriptor : descriptors) {
      try {
        sockets.close(descriptor);
      } catch (AssertionError stillActive) {
        // The test has failed already, or leaves operations to the engine's close on purpose.
      }
    }
    engine.close();
    others.forEach(Engine::close);
  }

  /** Closes a descriptor at the end of the test. */
  final int owned(int descriptor) {
    assertThat(descriptor).as("descriptor, or %s", Errno.describe(descriptor)).isNotNegative();
    descriptors.add(descriptor);
    return descriptor;
  }

  final void close(int descriptor) {
    descriptors.remove(/* element */ (Integer) descriptor);
    sockets.close(descriptor);
  }

  final void disown(int descriptor) {
    descriptors.remove(/* element */ (Integer) descriptor);
  }

  // Turns.

  final int dispatch(int budget) {
    dispatching = true;
    dispatches++;
    try {
      return engine.dispatch(budget);
    } finally {
      dispatching = false;
    }
  }

  final void turn(long timeoutNanos) {
    engine.await(timeoutNanos);
    int ran = dispatch(BUDGET);
    assertThat(ran).isBetween(0, BUDGET);
  }

  /** Turns until it is so, or fails; the time limit is only there to end a hanging test. */
  final void turnUntil(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      turn(TimeUnit.MILLISECONDS.toNanos(20));
      if (System.nanoTime() - start > HANG_NANOS) {
        throw new AssertionError("never happened: " + what);
      }
    }
  }

  /** What a callback that should not throw throws. */
  private static final class CallbackFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  static void fail() {
    throw new CallbackFailure();
  }

  /** As {@link #turnUntil}, past callbacks that {@link #fail}; how often that was. */
  final int turnThrough(BooleanSupplier condition) {
    int thrown = 0;
    while (!condition.getAsBoolean()) {
      try {
        turnUntil("the others went on", condition);
      } catch (CallbackFailure expected) {
        thrown++;
      }
    }
    return thrown;
  }

  /** Some turns, in which whatever is under way would show. */
  final void settle() {
    for (int i = 0; i < 30; i++) {
      turn(i < 20 ? 0 : TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  // Operations that write down what happens.

  final void checkCallback(Operation operation, boolean terminal) {
    assertThat(dispatching).as("callbacks run inside dispatch alone").isTrue();
    assertThat(operation.isIdle()).as("idle exactly at the terminal callback").isEqualTo(terminal);
  }

  class Accepting extends Accept {
    final List<Integer> connections = new ArrayList<>();
    int result = NOT_YET;
    int ends;
    Runnable onAccepted = () -> {};

    Accepting(int listener) {
      descriptor = listener;
    }

    Accepting start() {
      engine.submit(this);
      return this;
    }

    @Override
    public void accepted(int connection) {
      checkCallback(this, false);
      connections.add(owned(connection));
      onAccepted.run();
    }

    @Override
    public void ended(int error) {
      checkCallback(this, true);
      assertThat(error).isNegative();
      result = error;
      ends++;
    }
  }

  class Connecting extends Connect {
    int result = NOT_YET;
    int ends;

    Connecting(int socket, SocketAddress to) {
      descriptor = socket;
      target = to;
    }

    Connecting start() {
      engine.submit(this);
      return this;
    }

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      assertThat(outcome).isLessThanOrEqualTo(0);
      result = outcome;
      ends++;
    }
  }

  /** Receives, and checks that the bytes are those of a {@link Pattern}, one after the other. */
  class Receiving extends Receive {
    final Pattern pattern;
    final List<Block> held = new ArrayList<>();
    boolean hold;
    long count;
    int callbacks;
    int result = NOT_YET;
    int ends;
    Runnable onReceived = () -> {};
    Runnable onStopped = () -> {};

    Receiving(int stream, Pattern pattern) {
      descriptor = stream;
      this.pattern = pattern;
    }

    Receiving start() {
      engine.submit(this);
      return this;
    }

    @Override
    public void received(Block block, int offset, int length) {
      checkCallback(this, false);
      assertThat(length).isPositive();
      assertThat(offset).isNotNegative();
      assertThat(offset + length).isLessThanOrEqualTo(block.capacity);
      assertThat(block.references()).isPositive();
      pattern.check(count, block.address + offset, length);
      count += length;
      callbacks++;
      if (hold) {
        held.add(block);
      } else {
        block.release();
      }
      onReceived.run();
    }

    void letGo() {
      held.forEach(Block::release);
      held.clear();
    }

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      assertThat(outcome).isLessThanOrEqualTo(0);
      result = outcome;
      ends++;
      onStopped.run();
    }
  }

  /** Sends {@code total} bytes of a {@link Pattern}, in as many sends as it takes. */
  class Sending extends Send {
    final Pattern pattern;
    final long total;
    final int segments;
    final int segmentBytes;
    private final long memory;
    private final Arena arena = Arena.ofAuto();
    private int gathered;
    long count;
    int sends;
    int fulls;
    int result = NOT_YET;
    int ends;
    boolean again = true;
    Runnable onSent = () -> {};

    Sending(int stream, Pattern pattern, long total) {
      this(stream, pattern, total, 1, 64 * 1024);
    }

    Sending(int stream, Pattern pattern, long total, int segments, int segmentBytes) {
      descriptor = stream;
      awaited = true;
      this.pattern = pattern;
      this.total = total;
      this.segments = segments;
      this.segmentBytes = segmentBytes;
      memory = Memory.attach(arena.allocate((long) segments * segmentBytes, 8));
    }

    Sending start() {
      fill();
      engine.submit(this);
      return this;
    }

    private void fill() {
      gathered = (int) Math.min((long) segments * segmentBytes, total - count);
      pattern.write(count, memory, gathered);
    }

    @Override
    public int gather(Vector vector) {
      assertThat(isIdle()).isFalse();
      assertThat(vector.count()).isZero();
      for (int done = 0; done < gathered; done += segmentBytes) {
        vector.add(memory + done, Math.min(segmentBytes, gathered - done));
      }
      return vector.count();
    }

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      assertThat(outcome).isNotZero().isLessThanOrEqualTo(gathered);
      sends++;
      if (outcome == Errno.EAGAIN.negated()) {
        fulls++;
        engine.submit(this);
        return;
      }
      if (outcome > 0) {
        count += outcome;
        if (count < total && again) {
          start();
          return;
        }
      }
      result = outcome;
      ends++;
      onSent.run();
    }

    boolean done() {
      return count == total;
    }
  }

  class ReceivingFrom extends ReceiveFrom {
    final List<byte[]> datagrams = new ArrayList<>();
    final List<@Nullable SocketAddress> sources = new ArrayList<>();
    final List<Boolean> truncated = new ArrayList<>();
    int result = NOT_YET;
    int ends;

    ReceivingFrom(int socket) {
      descriptor = socket;
    }

    ReceivingFrom start() {
      engine.submit(this);
      return this;
    }

    @Override
    public void received(
        Block block, int offset, int length, @Nullable SocketAddress source, boolean cut) {
      checkCallback(this, false);
      assertThat(length).isBetween(0, maxLengthBytes);
      byte[] bytes = new byte[length];
      Memory.copy(block.address + offset, bytes, 0, length);
      block.release();
      datagrams.add(bytes);
      sources.add(source);
      truncated.add(cut);
    }

    @Override
    public void ended(int error) {
      checkCallback(this, true);
      assertThat(error).isNegative();
      result = error;
      ends++;
    }
  }

  class SendingTo extends SendTo {
    private final Arena arena = Arena.ofAuto();
    private final long memory;
    private final int length;
    int result = NOT_YET;
    int ends;

    SendingTo(int socket, @Nullable SocketAddress to, byte[] bytes) {
      descriptor = socket;
      target = to;
      length = bytes.length;
      memory = Memory.attach(arena.allocate(Math.max(1, length), 8));
      Memory.copy(bytes, 0, memory, length);
    }

    SendingTo start() {
      engine.submit(this);
      return this;
    }

    @Override
    public int gather(Vector vector) {
      int half = length / 2;
      if (half > 0) {
        vector.add(memory, half);
      }
      if (length > half) {
        vector.add(memory + half, length - half);
      }
      return vector.count();
    }

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
      ends++;
    }
  }

  class Polling extends Poll {
    int events;
    int callbacks;
    int result = NOT_YET;
    int ends;

    Polling(int socket, int wanted) {
      descriptor = socket;
      interest = wanted;
    }

    Polling start() {
      engine.submit(this);
      return this;
    }

    @Override
    public void ready(int ready) {
      checkCallback(this, false);
      assertThat(ready).isNotZero();
      events |= ready;
      callbacks++;
    }

    @Override
    public void ended(int error) {
      checkCallback(this, true);
      assertThat(error).isNegative();
      result = error;
      ends++;
    }
  }

  /** An endless sequence of bytes in which a shift, a gap or a swap shows. */
  record Pattern(long seed) {
    byte at(long index) {
      long mixed = (seed + (index >>> 3)) * 0x9E3779B97F4A7C15L;
      mixed ^= mixed >>> 29;
      return (byte) (mixed >>> ((index & 7) * 8));
    }

    void write(long from, long address, int length) {
      for (int i = 0; i < length; i++) {
        Memory.putByte(address + i, at(from + i));
      }
    }

    void check(long from, long address, int length) {
      for (int i = 0; i < length; i++) {
        byte found = Memory.getByte(address + i);
        if (found != at(from + i)) {
          throw new AssertionError(
              "byte %d is %d, not %d; seed %d".formatted(from + i, found, at(from + i), seed));
        }
      }
    }
  }

  // Sockets.

  /** Two connected streams: [0] has connected, [1] was accepted. */
  record Connection(int client, int server) {}

  static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  static InetSocketAddress loopback6(int port) {
    byte[] one = new byte[16];
    one[15] = 1;
    try {
      return new InetSocketAddress(InetAddress.getByAddress(one), port);
    } catch (UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }

  final int listener() {
    return listener(Sockets.Family.INET4, loopback(0));
  }

  final int listener(Sockets.Family family, SocketAddress at) {
    int listener = owned(sockets.open(family, Sockets.Type.STREAM));
    check(sockets.bind(listener, at));
    check(sockets.listen(listener, 1024));
    return listener;
  }

  final SocketAddress local(int descriptor) {
    return Objects.requireNonNull(sockets.localAddress(descriptor), "a local address");
  }

  final int stream(Sockets.Family family) {
    return owned(sockets.open(family, Sockets.Type.STREAM));
  }

  final Connection connect() {
    int listener = listener();
    Connection connection = connect(Sockets.Family.INET4, listener);
    close(listener);
    return connection;
  }

  final Connection connect(Sockets.Family family, int listener) {
    Accepting accepting = new Accepting(listener).start();
    int client = stream(family);
    Connecting connecting = new Connecting(client, local(listener)).start();
    turnUntil("accepted", () -> !accepting.connections.isEmpty() && connecting.ends == 1);
    assertThat(connecting.result).as(Errno.describe(connecting.result)).isZero();
    engine.cancel(accepting);
    turnUntil("accept cancelled", () -> accepting.ends == 1);
    assertThat(accepting.result).isEqualTo(Errno.ECANCELED.negated());
    return new Connection(client, accepting.connections.getFirst());
  }

  final int datagramSocket(SocketAddress at) {
    Sockets.Family family =
        !(at instanceof InetSocketAddress inet)
            ? Sockets.Family.UNIX
            : inet.getAddress() instanceof Inet6Address
                ? Sockets.Family.INET6
                : Sockets.Family.INET4;
    int socket = owned(sockets.open(family, Sockets.Type.DATAGRAM));
    check(sockets.bind(socket, at));
    return socket;
  }

  static void check(int result) {
    assertThat(result).as(Errno.describe(result)).isZero();
  }

  /** Closes so that the peer gets a reset. */
  final void reset(int descriptor) {
    check(sockets.set(descriptor, Sockets.Option.LINGER_SECONDS, 0));
    close(descriptor);
  }

  final void cancelAndAwait(Operation operation) {
    engine.cancel(operation);
    turnUntil("cancelled", operation::isIdle);
  }

  static Random seeded(long seed) {
    return new Random(seed);
  }

  private boolean hasIpv6() {
    int socket = sockets.open(Sockets.Family.INET6, Sockets.Type.STREAM);
    if (socket < 0) {
      return false;
    }
    int bound = sockets.bind(socket, loopback6(0));
    sockets.close(socket);
    return bound == 0;
  }
}
