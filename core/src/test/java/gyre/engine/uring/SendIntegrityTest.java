package gyre.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.engine.Block;
import gyre.engine.Receive;
import gyre.engine.Send;
import gyre.engine.Vector;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a connection sends arrives at its own peer, however full the ring is: every byte names the
 * connection that it belongs to.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class SendIntegrityTest {
  private static final int SEGMENT_BYTES = 100;
  private static final int ROUNDS = 40;
  private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static UringOptions options(int entries) {
    return UringOptions.defaults()
        .submissionEntries(entries)
        .completionEntries(2 * entries)
        .bufferBytes(64 * 1024)
        .fixedBufferBytes(1024)
        .buffersInitial(16)
        .bufferLimitBytes(1 << 24)
        .datagramLimitBytes(1 << 20)
        .poolLimitBytes(1 << 20);
  }

  /** Sends some segments whose bytes are all the number of its connection. */
  private static final class NamedSend extends Send {
    private final long memory;
    private final int segments;
    private int sentBytes;

    NamedSend(Arena arena, int name, int segments) {
      this.memory = arena.allocate((long) segments * SEGMENT_BYTES).address();
      this.segments = segments;
      Memory.fill(memory, (long) segments * SEGMENT_BYTES, (byte) name);
      awaited = false;
    }

    @Override
    public int gather(Vector vector) {
      for (int i = 0; i < segments; i++) {
        vector.add(memory + (long) i * SEGMENT_BYTES, SEGMENT_BYTES);
      }
      return segments;
    }

    @Override
    public void ended(int result) {
      assertThat(result).isEqualTo(segments * SEGMENT_BYTES);
      sentBytes += result;
    }
  }

  private static final class NamedReceive extends Receive {
    private final int name;
    private int receivedBytes;

    /** The first byte that belongs to somebody else, or -1. */
    private int foreign = -1;

    NamedReceive(int name) {
      this.name = name;
    }

    @Override
    public void received(Block block, int offset, int length) {
      for (int i = 0; i < length; i++) {
        int found = block.view(offset + i, 1).get(0) & 0xFF;
        if (found != name && foreign < 0) {
          foreign = found;
        }
      }
      receivedBytes += length;
      block.release();
    }

    @Override
    public void ended(int result) {}
  }

  private record Connection(NamedSend send, NamedReceive receive) {}

  /**
   * Of each turn's sends the number, the order and the sizes are random, so that every kind of
   * request meets a ring, and a memory for messages, with any number of places left.
   */
  @ParameterizedTest
  @CsvSource({"8, 9, 400", "8, 20, 200", "16, 40, 100", "256, 300, 60"})
  void shouldReachTheRightPeerHoweverFullTheRingIs(int entries, int number, int rounds) {
    Random random = new Random(entries * 1000L + number);
    try (Arena arena = Arena.ofConfined();
        UringEngine engine = UringEngine.open(options(entries))) {
      List<Connection> connections = new ArrayList<>();
      for (int i = 0; i < number; i++) {
        connections.add(connection(engine, arena, 1 + i % 250, 1 + random.nextInt(3)));
      }
      for (int round = 0; round < rounds; round++) {
        List<Connection> senders = new ArrayList<>(connections);
        Collections.shuffle(senders, random);
        senders
            .subList(0, 1 + random.nextInt(number))
            .forEach(connection -> engine.submit(connection.send));
        turnUntilAllArrived(engine, connections);
      }
    }
  }

  /** Every other place of the ring is taken by those that send a single piece. */
  @ParameterizedTest
  @CsvSource({"8, 7", "256, 255"})
  void shouldReachTheRightPeerWhenTheLastPlaceIsTaken(int entries, int others) {
    try (Arena arena = Arena.ofConfined();
        UringEngine engine = UringEngine.open(options(entries))) {
      List<Connection> connections = new ArrayList<>();
      for (int i = 0; i < others; i++) {
        connections.add(connection(engine, arena, 1 + i % 200, 1));
      }
      Connection first = connection(engine, arena, 201, 2);
      Connection second = connection(engine, arena, 202, 2);
      connections.add(first);
      connections.add(second);
      List<Connection> crowd = connections.subList(0, others);
      for (int round = 0; round < 2 * ROUNDS; round++) {
        crowd.forEach(connection -> engine.submit(connection.send));
        if (round >= ROUNDS) { // they are newcomers among those that have sent often
          engine.submit(first.send);
          engine.submit(second.send);
        }
        turnUntilAllArrived(engine, connections);
      }
    }
  }

  @Test
  void shouldReachTheRightPeerWhenMessagesFillTheirMemory() {
    try (Arena arena = Arena.ofConfined();
        UringEngine engine = UringEngine.open(options(256))) {
      List<Connection> connections = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        connections.add(connection(engine, arena, 1 + i, 2 + i % 60));
      }
      for (int round = 0; round < ROUNDS; round++) {
        connections.forEach(connection -> engine.submit(connection.send));
        turnUntilAllArrived(engine, connections);
      }
    }
  }

  private static Connection connection(UringEngine engine, Arena arena, int name, int segments) {
    int[] descriptors = new int[2];
    assertThat(engine.sockets().pair(descriptors)).isZero();
    NamedSend send = new NamedSend(arena, name, segments);
    send.descriptor = descriptors[0];
    NamedReceive receive = new NamedReceive(name);
    receive.descriptor = descriptors[1];
    engine.submit(receive);
    return new Connection(send, receive);
  }

  private static void turnUntilAllArrived(UringEngine engine, List<Connection> connections) {
    long start = System.nanoTime();
    while (!connections.stream().allMatch(SendIntegrityTest::hasArrived)) {
      engine.await(TimeUnit.MILLISECONDS.toNanos(10));
      int ignored = engine.dispatch(1024);
      for (Connection connection : connections) {
        assertThat(connection.receive.foreign)
            .as("a byte that connection %d was sent", connection.receive.name)
            .isEqualTo(-1);
      }
      assertThat(System.nanoTime() - start).as("hang limit").isLessThan(HANG_NANOS);
    }
  }

  private static boolean hasArrived(Connection connection) {
    return connection.send.isIdle()
        && connection.receive.receivedBytes == connection.send.sentBytes;
  }
}
