package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import gyre.sys.CallState;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: each promise of a stream once, for every engine.
/** Streams: connections, bytes, ends. */
public abstract class StreamConformance extends TurnConformance {
  private static final int ECANCELED = Errno.ECANCELED.negated();

  @Test
  void shouldConnectAndTellBothAddresses() {
    int listener = listener();
    Connection connection = connect(Sockets.Family.INET4, listener);
    assertThat(sockets.remoteAddress(connection.client())).isEqualTo(local(listener));
    assertThat(local(connection.server())).isEqualTo(local(listener));
    assertThat(sockets.remoteAddress(connection.server())).isEqualTo(local(connection.client()));
    exchange(connection, 3000);
  }

  @Test
  void shouldConnectOverIpv6() {
    needs(Capability.IPV6);
    int listener = listener(Sockets.Family.INET6, loopback6(0));
    exchange(connect(Sockets.Family.INET6, listener), 3000);
  }

  @Test
  void shouldConnectToIpv4FromAnIpv6Socket() {
    needs(Capability.IPV6);
    int listener = listener();
    int client = stream(Sockets.Family.INET6);
    check(sockets.set(client, Sockets.Option.IPV6_ONLY, 0));
    Connecting connecting = new Connecting(client, local(listener)).start();
    turnUntil("connected", () -> connecting.ends == 1);
    check(connecting.result);
  }

  @Test
  void shouldConnectOverUnixSockets() throws IOException {
    needs(Capability.UNIX_STREAMS);
    Path directory = Files.createTempDirectory("gyre");
    Path path = directory.resolve("socket");
    try {
      SocketAddress at = UnixDomainSocketAddress.of(path);
      int listener = listener(Sockets.Family.UNIX, at);
      assertThat(local(listener)).isEqualTo(at);
      exchange(connect(Sockets.Family.UNIX, listener), 100_000);
    } finally {
      Files.deleteIfExists(path);
      Files.delete(directory);
    }
  }

  @Test
  void shouldConnectOverAbstractNames() {
    needs(Capability.ABSTRACT_NAMES);
    SocketAddress at = UnixDomainSocketAddress.of("@gyre-test-" + ProcessHandle.current().pid());
    int listener = listener(Sockets.Family.UNIX, at);
    assertThat(local(listener)).isEqualTo(at);
    exchange(connect(Sockets.Family.UNIX, listener), 5000);
  }

  @Test
  void shouldExchangeBytesOverAPair() {
    needs(Capability.PAIR);
    int[] two = new int[2];
    check(sockets.pair(two));
    exchange(new Connection(owned(two[0]), owned(two[1])), 300_000);
  }

  /** Both directions at once, then both ends close. */
  private void exchange(Connection connection, long bytes) {
    Pattern there = new Pattern(bytes);
    Pattern back = new Pattern(-bytes);
    Receiving atServer = new Receiving(connection.server(), there).start();
    Receiving atClient = new Receiving(connection.client(), back).start();
    Sending fromClient = new Sending(connection.client(), there, bytes).start();
    Sending fromServer = new Sending(connection.server(), back, bytes).start();
    turnUntil("exchanged", () -> atServer.count == bytes && atClient.count == bytes);
    turnUntil("sent", () -> fromClient.ends + fromServer.ends == 2);
    check(sockets.shutdownOutput(connection.client()));
    turnUntil("server saw the end", () -> atServer.ends == 1);
    check(atServer.result);
    check(sockets.shutdownOutput(connection.server()));
    turnUntil("client saw the end", () -> atClient.ends == 1);
    check(atClient.result);
    assertThat(engine.active()).isZero();
  }

  @Test
  void shouldKeepBytesInOrderWhateverTheirSizes() {
    Random random = seeded(7);
    Connection connection = connect();
    Pattern pattern = new Pattern(7);
    long total = 0;
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    for (int round = 0; round < 300; round++) {
      int segments = 1 + random.nextInt(Vector.CAPACITY);
      int segmentBytes = 1 + random.nextInt(1 << random.nextInt(13));
      Sending sending =
          new Sending(
              connection.client(),
              pattern,
              total + 1 + random.nextInt(segments * segmentBytes),
              segments,
              segmentBytes);
      sending.count = total;
      sending.start();
      long expected = sending.total;
      turnUntil("sent, seed 7 round " + round, sending::done);
      if (random.nextBoolean()) {
        turnUntil("received, seed 7 round " + round, () -> receiving.count == expected);
      }
      total = expected;
    }
    long all = total;
    turnUntil("all received", () -> receiving.count == all);
    cancelAndAwait(receiving);
    assertThat(receiving.count).isEqualTo(total);
  }

  @Test
  void shouldMoveMuch() {
    Connection connection = connect();
    Pattern pattern = new Pattern(64);
    long total = 64L << 20;
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    Sending sending = new Sending(connection.client(), pattern, total, 16, 16 * 1024).start();
    turnUntil("64 MiB received", () -> receiving.count == total);
    check(sockets.shutdownOutput(connection.client()));
    turnUntil("end seen", () -> receiving.ends == 1);
    assertThat(sending.ends).isOne();
    assertThat(receiving.result).isZero();
  }

  @Test
  void shouldKeepASendActiveWhileThePeerDoesNotRead() {
    Connection connection = connect();
    Pattern pattern = new Pattern(5);
    long total = 32L << 20;
    Sending sending = new Sending(connection.client(), pattern, total, 8, 64 * 1024).start();
    settle();
    assertThat(sending.count).isLessThan(total);
    assertThat(sending.isIdle()).isFalse();
    long stuck = sending.count;
    settle();
    assertThat(sending.count).isEqualTo(stuck);
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    turnUntil("all received", () -> receiving.count == total);
    turnUntil("sent", () -> sending.ends == 1);
    cancelAndAwait(receiving);
  }

  @Test
  void shouldCancelASendThatIsStuckAndGoOnLater() {
    Connection connection = connect();
    Pattern pattern = new Pattern(6);
    Sending sending = new Sending(connection.client(), pattern, 32L << 20, 8, 64 * 1024).start();
    settle();
    sending.again = false;
    cancelAndAwait(sending);
    assertThat(sending.ends).isOne();
    assertThat(sending.result)
        .satisfiesAnyOf(
            result -> assertThat(result).isEqualTo(ECANCELED),
            result -> assertThat(result).isPositive());
    long before = sending.count;
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    turnUntil("what was sent arrives", () -> receiving.count == before);
    Sending rest = new Sending(connection.client(), pattern, before + 100_000);
    rest.count = before;
    rest.start();
    turnUntil("the rest arrives", () -> receiving.count == before + 100_000);
    cancelAndAwait(receiving);
  }

  @Test
  void shouldPauseAndGoOnWithoutLosingAByte() {
    Connection connection = connect();
    Pattern pattern = new Pattern(8);
    long total = 4L << 20;
    Receiving receiving = new Receiving(connection.server(), pattern);
    receiving.onReceived =
        () -> {
          if (receiving.callbacks % 3 == 0) {
            engine.cancel(receiving);
          }
        };
    receiving.onStopped =
        () -> {
          if (receiving.result == ECANCELED && receiving.ends % 2 == 0) {
            receiving.start();
          }
        };
    receiving.start();
    Sending sending = new Sending(connection.client(), pattern, total).start();
    turnUntil(
        "all received",
        () -> {
          if (receiving.isIdle()) {
            receiving.start();
          }
          return receiving.count == total;
        });
    assertThat(receiving.ends).isGreaterThan(2);
    turnUntil("sent", () -> sending.ends == 1);
    receiving.onStopped = () -> {};
    if (!receiving.isIdle()) {
      cancelAndAwait(receiving);
    }
    assertThat(receiving.result).isEqualTo(ECANCELED);
  }

  @Test
  void shouldDeliverWhatCameBeforeTheReceive() {
    Connection connection = connect();
    Pattern pattern = new Pattern(9);
    Sending sending = new Sending(connection.client(), pattern, 50_000).start();
    turnUntil("sent", sending::done);
    close(connection.client());
    settle();
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    turnUntil("end", () -> receiving.ends == 1);
    check(receiving.result);
    assertThat(receiving.count).isEqualTo(50_000);
    Receiving again = new Receiving(connection.server(), pattern).start();
    turnUntil("end again", () -> again.ends == 1);
    check(again.result);
  }

  @Test
  void shouldSubmitAnewInsideTheTerminalCallback() {
    Connection connection = connect();
    Receiving receiving = new Receiving(connection.server(), new Pattern(1));
    receiving.onStopped =
        () -> {
          if (receiving.ends < 50) {
            receiving.start();
            engine.cancel(receiving);
          }
        };
    receiving.start();
    engine.cancel(receiving);
    turnUntil("fifty times", () -> receiving.ends == 50);
    settle();
    assertThat(receiving.ends).isEqualTo(50);
    assertThat(receiving.isIdle()).isTrue();
  }

  @Test
  void shouldGoOnAfterHalfAClose() {
    Connection connection = connect();
    Pattern pattern = new Pattern(3);
    Receiving atServer = new Receiving(connection.server(), pattern).start();
    Receiving atClient = new Receiving(connection.client(), pattern).start();
    Sending request = new Sending(connection.client(), pattern, 1000).start();
    turnUntil("request sent", request::done);
    check(sockets.shutdownOutput(connection.client()));
    turnUntil("request ended", () -> atServer.ends == 1);
    check(atServer.result);
    assertThat(atServer.count).isEqualTo(1000);
    Sending response = new Sending(connection.server(), pattern, 1 << 20).start();
    turnUntil("response", () -> atClient.count == 1 << 20);
    turnUntil("response sent", response::done);
    close(connection.server());
    turnUntil("response ended", () -> atClient.ends == 1);
    check(atClient.result);
  }

  @Test
  void shouldTellOfAResetWhileReceiving() {
    Connection connection = connect();
    Receiving receiving = new Receiving(connection.server(), new Pattern(1)).start();
    settle();
    reset(connection.client());
    turnUntil("ended", () -> receiving.ends == 1);
    assertThat(receiving.result).isEqualTo(Errno.ECONNRESET.negated());
  }

  @Test
  void shouldTellOfAResetWhileASendIsStuck() {
    Connection connection = connect();
    Sending sending =
        new Sending(connection.client(), new Pattern(1), 32L << 20, 8, 64 * 1024).start();
    settle();
    reset(connection.server());
    turnUntil("ended", () -> sending.ends == 1);
    assertThat(sending.result).isIn(Errno.ECONNRESET.negated(), Errno.EPIPE.negated());
  }

  @Test
  void shouldLeaveAResetToWhoReceivesThoughSomebodyHasLooked() {
    Connection connection = connect();
    assertThat(sockets.hasInput(connection.server())).isFalse();
    reset(connection.client());
    settle();
    for (int i = 0; i < 2; i++) {
      assertThat(sockets.hasInput(connection.server())).isTrue();
    }
    Receiving receiving = new Receiving(connection.server(), new Pattern(1)).start();
    turnUntil("receive ended", () -> receiving.ends == 1);
    assertThat(receiving.result).isEqualTo(Errno.ECONNRESET.negated());
  }

  @Test
  void shouldTellOfAResetThatCameBeforeTheOperation() {
    Connection connection = connect();
    reset(connection.client());
    settle();
    Sending sending = new Sending(connection.server(), new Pattern(1), 10).start();
    turnUntil("send ended", () -> sending.ends == 1);
    assertThat(sending.result).isIn(Errno.ECONNRESET.negated(), Errno.EPIPE.negated());
    Receiving receiving = new Receiving(connection.server(), new Pattern(1)).start();
    turnUntil("receive ended", () -> receiving.ends == 1);
    assertThat(receiving.result).isIn(0, Errno.ECONNRESET.negated());
  }

  @Test
  void shouldTellOfABrokenPipeWhenThePeerIsGone() {
    Connection connection = connect();
    close(connection.server());
    Sending sending =
        new Sending(connection.client(), new Pattern(1), 32L << 20, 8, 64 * 1024).start();
    turnUntil("ended", () -> sending.ends == 1);
    assertThat(sending.result).isIn(Errno.ECONNRESET.negated(), Errno.EPIPE.negated());
  }

  @Test
  void shouldTellOfARefusedConnection() {
    int listener = listener(Sockets.Family.INET4, loopback(FreePort.next()));
    SocketAddress gone = local(listener);
    close(listener);
    Connecting connecting = new Connecting(stream(Sockets.Family.INET4), gone).start();
    turnUntil("refused", () -> connecting.ends == 1);
    assertThat(connecting.result).isEqualTo(Errno.ECONNREFUSED.negated());
  }

  @Test
  void shouldTellOfAUnixSocketThatIsNotThere() {
    needs(Capability.UNIX_STREAMS);
    Connecting connecting =
        new Connecting(stream(Sockets.Family.UNIX), UnixDomainSocketAddress.of("/nowhere/at/all"))
            .start();
    turnUntil("failed", () -> connecting.ends == 1);
    assertThat(connecting.result).isEqualTo(Errno.ENOENT.negated());
  }

  @Test
  void shouldRefuseAnAddressOfAnotherFamily() {
    Connecting connecting =
        new Connecting(stream(Sockets.Family.INET4), UnixDomainSocketAddress.of("/x")).start();
    turnUntil("refused", () -> connecting.ends == 1);
    assertThat(connecting.result).isEqualTo(Errno.EAFNOSUPPORT.negated());
  }

  @Test
  void shouldCancelAConnect() {
    int listener = listener();
    Connecting connecting = new Connecting(stream(Sockets.Family.INET4), local(listener)).start();
    engine.cancel(connecting);
    turnUntil("ended", () -> connecting.ends == 1);
    assertThat(connecting.result).isIn(ECANCELED, 0);
    settle();
    assertThat(connecting.ends).isOne();
  }

  @Test
  void shouldAcceptAStorm() {
    int listener = listener();
    int many = 300;
    Accepting accepting = new Accepting(listener).start();
    List<Connecting> connects = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      connects.add(new Connecting(stream(Sockets.Family.INET4), local(listener)).start());
    }
    turnUntil("all accepted", () -> accepting.connections.size() == many);
    turnUntil("all connected", () -> connects.stream().allMatch(c -> c.ends == 1));
    assertThat(connects).allMatch(connect -> connect.result == 0);
    assertThat(accepting.connections).doesNotHaveDuplicates();
    cancelAndAwait(accepting);
    accepting.start();
    Connecting late = new Connecting(stream(Sockets.Family.INET4), local(listener)).start();
    turnUntil("one more", () -> accepting.connections.size() == many + 1 && late.ends == 1);
    cancelAndAwait(accepting);
  }

  @Test
  void shouldNotGiveACompletionToTheNextOwnerOfADescriptor() {
    int listener = listener();
    for (int round = 0; round < 100; round++) {
      Connection connection = connect(Sockets.Family.INET4, listener);
      Pattern pattern = new Pattern(round);
      Receiving receiving = new Receiving(connection.server(), pattern).start();
      Sending sending = new Sending(connection.client(), pattern, 100 + round).start();
      int expected = 100 + round;
      turnUntil("received", () -> receiving.count == expected && sending.ends == 1);
      Sending late = new Sending(connection.client(), pattern, expected + 1);
      late.count = expected;
      late.start();
      engine.await(0);
      cancelAndAwait(receiving);
      turnUntil("idle", () -> engine.active() == 0);
      close(connection.client());
      close(connection.server());
    }
  }

  @Test
  void shouldSendAsManySegmentsAsAVectorHolds() {
    Connection connection = connect();
    Pattern pattern = new Pattern(17);
    Receiving receiving = new Receiving(connection.server(), pattern).start();
    Sending sending =
        new Sending(connection.client(), pattern, 3L * Vector.CAPACITY, Vector.CAPACITY, 3).start();
    turnUntil("received", () -> receiving.count == sending.total);
    if (takesAll()) {
      assertThat(sending.sends).isOne();
    }
    cancelAndAwait(receiving);
  }

  @Test
  void shouldRefuseAnAddressInUse() {
    int listener = listener();
    int second = stream(Sockets.Family.INET4);
    int bound = sockets.bind(second, local(listener));
    int result = bound < 0 ? bound : sockets.listen(second, 16);
    assertThat(result).isEqualTo(Errno.EADDRINUSE.negated());
  }

  /** Has what was submitted reach the kernel. */
  private void turnOnce() {
    engine.await(0);
    int ignored = engine.dispatch(64);
  }

  /** Whatever bytes, in either way to receive. */
  private static final class Collecting extends Receive {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Collecting(int stream, boolean sparsely) {
      descriptor = stream;
      sparse = sparsely;
    }

    @Override
    public void received(Block block, int offset, int length) {
      byte[] piece = new byte[length];
      Memory.copy(block.address + offset, piece, 0, length);
      bytes.writeBytes(piece);
      block.release();
    }

    @Override
    public void ended(int outcome) {}
  }

  /** The kernel ends a read behind the message that brought a descriptor, whatever comes after. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldReadOnBehindADescriptorThatThePeerHasSent(boolean isSparse) {
    needs(Capability.KERNEL_DESCRIPTORS);
    int[] two = new int[2];
    check(sockets.pair(two));
    Collecting receiving = new Collecting(owned(two[0]), isSparse);
    engine.submit(receiving);
    turnOnce();
    for (int round = 1; round <= 3; round++) {
      sendWithDescriptor(owned(two[1]), "ab");
      sendWithDescriptor(two[1], "cd");
      sendPlain(two[1], "ef");
      int expected = 6 * round;
      turnUntil("all received", () -> receiving.bytes.size() >= expected);
    }
    assertThat(receiving.bytes.toString(StandardCharsets.UTF_8)).isEqualTo("abcdefabcdefabcdef");
    cancelAndAwait(receiving);
  }

  private static void sendPlain(int to, String text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(text);
      check(
          LinuxSockets.send(new CallState(), to, bytes.address(), text.length(), 0)
              - text.length());
    }
  }

  /** By SCM_RIGHTS: the descriptor that it sends is its own. */
  private static void sendWithDescriptor(int to, String text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(text);
      MemorySegment vector = arena.allocate(Vector.ENTRY_BYTES, 8);
      vector.set(ValueLayout.JAVA_LONG, 0, bytes.address());
      vector.set(ValueLayout.JAVA_LONG, 8, text.length());
      MemorySegment control = arena.allocate(24, 8);
      control.set(ValueLayout.JAVA_LONG, 0, 20);
      control.set(ValueLayout.JAVA_INT, 8, LinuxSockets.SOL_SOCKET);
      control.set(ValueLayout.JAVA_INT, 12, 1);
      control.set(ValueLayout.JAVA_INT, 16, to);
      MemorySegment message = arena.allocate(LinuxSockets.MESSAGE_BYTES, 8);
      LinuxSockets.putMessage(message.address(), 0, 0, vector.address(), 1);
      message.set(ValueLayout.JAVA_LONG, 32, control.address());
      message.set(ValueLayout.JAVA_LONG, 40, control.byteSize());
      check(LinuxSockets.sendmsg(new CallState(), to, message.address(), 0) - text.length());
    }
  }

  /** A read ends at the mark of urgent data, whatever comes after. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldReadOnBehindUrgentData(boolean isSparse) throws IOException {
    needs(Capability.OUTSIDE_PEERS);
    int listener = listener();
    Accepting accepting = new Accepting(listener).start();
    try (Socket peer = new Socket()) {
      peer.connect(local(listener));
      turnUntil("accepted", () -> !accepting.connections.isEmpty());
      Collecting receiving = new Collecting(accepting.connections.getFirst(), isSparse);
      engine.submit(receiving);
      turnOnce();
      peer.setTcpNoDelay(true);
      for (int round = 1; round <= 3; round++) {
        peer.getOutputStream().write(new byte[] {'a', 'b'});
        peer.sendUrgentData('!');
        peer.getOutputStream().write(new byte[] {'c', 'd'});
        int expected = 5 * round;
        turnUntil("all received", () -> receiving.bytes.size() >= expected);
      }
      assertThat(receiving.bytes.toString(StandardCharsets.UTF_8)).isEqualTo("ab!cdab!cdab!cd");
      cancelAndAwait(receiving);
    }
    cancelAndAwait(accepting);
  }

  /** Where all of it has come before the first read, no event tells of what is behind the mark. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldReadBehindUrgentDataThatWaits(boolean isSparse) throws IOException {
    needs(Capability.OUTSIDE_PEERS);
    int listener = listener();
    Accepting accepting = new Accepting(listener).start();
    try (Socket peer = new Socket()) {
      peer.connect(local(listener));
      turnUntil("accepted", () -> !accepting.connections.isEmpty());
      peer.setTcpNoDelay(true);
      peer.getOutputStream().write(new byte[] {'a', 'b'});
      peer.sendUrgentData('!');
      peer.getOutputStream().write(new byte[] {'c', 'd'});
      Collecting receiving = new Collecting(accepting.connections.getFirst(), isSparse);
      engine.submit(receiving);
      turnUntil("all received", () -> receiving.bytes.size() >= 5);
      assertThat(receiving.bytes.toString(StandardCharsets.UTF_8)).isEqualTo("ab!cd");
      cancelAndAwait(receiving);
    }
    cancelAndAwait(accepting);
  }
}
