package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.FreePort;
import gyre.Handle;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.engine.BlockPool;
import gyre.engine.Errno;
import gyre.io.ByteQueue;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: both styles of use, and each failure of a datagram socket.
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UdpSocketTest {
  @Parameter String engine = "";

  private static UdpSocket local() {
    return UdpSocket.bind("127.0.0.1", 0);
  }

  /** Where nobody listens. */
  private static InetSocketAddress gone() {
    return FreePort.nextAddress();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ByteBuffer bytes(int length) {
    byte[] all = new byte[length];
    for (int i = 0; i < length; i++) {
      all[i] = (byte) (i * 31);
    }
    return ByteBuffer.wrap(all);
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.UTF_8.decode(buffer.duplicate()).toString();
  }

  @Test
  void shouldExchangeDatagramsInDirectStyle() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = local();
              UdpSocket right = local()) {
            for (int i = 0; i < 50; i++) {
              left.send(bytes("ping " + i), right.localAddress());
              Datagram ping = right.receive();
              assertThat(text(ping.payload())).isEqualTo("ping " + i);
              assertThat(ping.address()).isEqualTo(left.localAddress());
              assertThat(ping.truncated()).isFalse();
              right.send(bytes("pong"), ping.address());
              ByteBuffer pong = ByteBuffer.allocate(100);
              assertThat(left.receive(pong)).isEqualTo(right.localAddress());
              assertThat(text(pong.flip())).isEqualTo("pong");
            }
            assertThat(left.statistics().sent()).isEqualTo(50);
            assertThat(left.statistics().received()).isEqualTo(50);
          }
        });
  }

  @Test
  void shouldCarryDatagramsOfEveryLengthUnharmed() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = local();
              UdpSocket right = local()) {
            for (int length : new int[] {0, 1, 1023, 1024, 1500, 16_384, 16_385, 40_000, 65_507}) {
              left.send(bytes(length), right.localAddress());
              assertThat(right.receive().payload()).isEqualTo(bytes(length));
            }
          }
        });
  }

  @Test
  void shouldTellOfTruncation() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = local();
              UdpSocket right =
                  UdpSocket.bind("127.0.0.1", 0, UdpOptions.defaults().maxDatagramBytes(10))) {
            left.send(bytes(10), right.localAddress());
            left.send(bytes(11), right.localAddress());
            left.send(bytes(8), right.localAddress());
            assertThat(right.receive().truncated()).isFalse();
            Datagram cut = right.receive();
            assertThat(cut.truncated()).isTrue();
            assertThat(cut.payload()).isEqualTo(bytes(10));
            ByteBuffer small = ByteBuffer.allocate(5);
            right.receive(small);
            assertThat(small.flip()).isEqualTo(bytes(8).limit(5));
            assertThat(right.lastTruncated()).isTrue();
            assertThat(right.statistics().truncated()).isEqualTo(1);
          }
        });
  }

  @Test
  void shouldEchoInPushStyleAndServeEmptyDatagrams() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket server = local();
              UdpSocket client = local()) {
            server.onDatagram(server::send);
            for (int i = 0; i < 100; i++) {
              client.send(bytes(i), server.localAddress());
              Datagram answer = client.receive();
              assertThat(answer.payload()).isEqualTo(bytes(i));
              assertThat(answer.address()).isEqualTo(server.localAddress());
            }
          }
        });
  }

  @Test
  void shouldSendAndReceiveManyAtATime() {
    Loops.run(
        engine,
        () -> {
          UdpOptions fewSlots = UdpOptions.defaults().sendSlots(4);
          try (UdpSocket left = UdpSocket.bind("127.0.0.1", 0, fewSlots);
              UdpSocket right = local()) {
            List<Datagram> all = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
              all.add(Datagram.to(right.localAddress(), bytes("number " + i)));
            }
            left.sendAll(all);
            List<String> received = new ArrayList<>();
            while (received.size() < 40) {
              List<Datagram> some = right.receiveAll(16);
              assertThat(some).hasSizeBetween(1, 16);
              some.forEach(datagram -> received.add(text(datagram.payload())));
            }
            assertThat(received)
                .containsExactlyElementsOf(
                    all.stream().map(datagram -> text(datagram.payload().flip())).toList());
          }
        });
  }

  @Test
  void shouldLetManyFibersSendAtOnce() {
    Loops.run(
        engine,
        () -> {
          UdpOptions oneSlot = UdpOptions.defaults().sendSlots(1);
          try (UdpSocket left = UdpSocket.bind("127.0.0.1", 0, oneSlot);
              UdpSocket right = local();
              Scope scope = Scope.open("senders")) {
            for (int i = 0; i < 20; i++) {
              scope.start(() -> {
                left.send(bytes("a"), right.localAddress());
                left.send(bytes("b"), right.localAddress());
              });
            }
            scope.join();
            int received = 0;
            while (received < 40) {
              received += right.receiveAll(100).size();
            }
            assertThat(left.statistics().sent()).isEqualTo(40);
          }
        });
  }

  @Test
  void shouldPassTheTurnOnWhenASenderInLineIsCancelled() {
    Loops.run(
        engine,
        () -> {
          UdpOptions oneSlot = UdpOptions.defaults().sendSlots(1);
          try (UdpSocket left = UdpSocket.bind("127.0.0.1", 0, oneSlot);
              UdpSocket right = local();
              Scope scope = Scope.openIsolated("senders")) {
            List<Cancellation> tokens = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
              Cancellation token = Cancellation.current().child();
              tokens.add(token);
              scope.start(() -> {
                try {
                  token.run(() -> left.send(bytes("a"), right.localAddress()));
                } catch (CancelledException expected) {
                  assertThat(token.isCancelled()).isTrue();
                }
              });
            }
            Fiber.yield();
            for (int i = 0; i < tokens.size(); i += 2) {
              tokens.get(i).cancel("given up");
            }
            scope.join();
            assertThat(left.statistics().sent()).isGreaterThanOrEqualTo(4);
            tokens.forEach(Cancellation::close);
          }
        });
  }

  @Test
  void shouldRefuseNewDatagramsOnlyWhileAllSlotsAreBusy() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = UdpSocket.bind("127.0.0.1", 0, UdpOptions.defaults().sendSlots(2));
              UdpSocket right = local()) {
            ByteBuffer third = bytes("three");
            assertThat(left.trySend(bytes("one"), right.localAddress())).isTrue();
            ByteQueue two = ByteQueue.create();
            two.append("two");
            assertThat(left.trySend(two, right.localAddress())).isTrue();
            assertThat(two.isEmpty()).isTrue();
            assertThat(left.trySend(third, right.localAddress())).isFalse();
            assertThat(third.remaining()).isEqualTo(5);
            left.send(third, right.localAddress());
            assertThat(text(right.receive().payload())).isEqualTo("one");
            assertThat(text(right.receive().payload())).isEqualTo("two");
            assertThat(text(right.receive().payload())).isEqualTo("three");
          }
        });
  }

  @Test
  void shouldSendAQueueOfManyPieces() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = local();
              UdpSocket right = local()) {
            ByteQueue pieces = ByteQueue.create();
            ByteBuffer one = ByteBuffer.allocateDirect(1);
            for (int i = 0; i < 200; i++) {
              pieces.appendReference(one.duplicate(), () -> {});
            }
            left.send(pieces, right.localAddress());
            assertThat(right.receive().payload().remaining()).isEqualTo(200);
          }
        });
  }

  @Test
  void shouldLeaveAQueueToTheCallerWhereThereIsNoMemoryToSendIt() {
    Loops.runReporting(
        Loops.options(engine).poolLimitBytes(1 << 20),
        () -> {
          try (UdpSocket left = local();
              UdpSocket right = local();
              TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream stream = TcpStream.connect(listener.address())) {
            ByteQueue pieces = stream.input().sibling(); // of the loop's pool
            ByteBuffer one = ByteBuffer.allocateDirect(1);
            for (int i = 0; i < 200; i++) {
              pieces.appendReference(one.duplicate(), () -> {});
            }
            try (ByteQueue hoard = stream.input().sibling()) {
              int length = BlockPool.LARGE_BYTES;
              while (length > 0) {
                if (!hoard.tryAppend(new byte[length], 0, length)) {
                  length /= 2;
                }
              }
              assertThatThrownBy(() -> left.send(pieces, right.localAddress()))
                  .isInstanceOf(NetworkException.class)
                  .hasMessageContainingAll("200 bytes", "ENOBUFS", "memory is scarce");
              assertThat(pieces.size()).isEqualTo(200);
              assertThat(left.trySend(pieces, right.localAddress())).isFalse();
              assertThat(pieces.size()).isEqualTo(200);
              ByteBuffer copied = ByteBuffer.allocate(300);
              assertThatThrownBy(() -> left.send(copied, right.localAddress()))
                  .hasMessageContaining("ENOBUFS");
              assertThat(left.trySend(copied, right.localAddress())).isFalse();
              assertThat(copied.remaining()).isEqualTo(300);
              assertThat(left.statistics().failedSends()).isEqualTo(2);
            }
            left.send(pieces, right.localAddress());
            assertThat(right.receive().payload().remaining()).isEqualTo(200);
          }
        });
  }

  @Test
  void shouldSendNoneOfManyIfOneCannotBeSentAnywhere() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = local();
              UdpSocket right = local()) {
            List<Datagram> datagrams =
                List.of(
                    Datagram.to(right.localAddress(), bytes("one")),
                    Datagram.to(InetSocketAddress.createUnresolved("nowhere", 9), bytes("two")));
            assertThatThrownBy(() -> left.sendAll(datagrams))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not resolved");
            left.send(bytes("three"), right.localAddress());
            assertThat(text(right.receive().payload())).isEqualTo("three");
          }
        });
  }

  @Test
  void shouldTellTheSenderThatThePeerRefusedAndGoOn() {
    Loops.run(
        engine,
        () -> {
          InetSocketAddress gone = gone();
          try (UdpSocket socket = UdpSocket.connect(gone)) {
            assertThat(socket.remoteAddress()).isEqualTo(gone);
            NetworkException refused = refusal(socket);
            assertThat(refused.errno()).isEqualTo(Errno.ECONNREFUSED.number());
            assertThat(refused).hasMessageContaining("127.0.0.1:" + gone.getPort());
            try (UdpSocket back = UdpSocket.bind(gone, UdpOptions.defaults())) {
              socket.send(bytes("hello"));
              assertThat(text(back.receive().payload())).isEqualTo("hello");
            }
            assertThat(socket.statistics().failedSends()).isEqualTo(1);
          }
        });
  }

  /** The refusal of one datagram is told to a later one. */
  private static NetworkException refusal(UdpSocket socket) {
    for (int i = 0; i < 10; i++) {
      try {
        socket.send(bytes("anybody?"));
      } catch (NetworkException e) {
        return e;
      }
    }
    throw new AssertionError("was never refused");
  }

  @Test
  void shouldTellTheReceiverThatThePeerRefusedAndGoOn() {
    Loops.run(
        engine,
        () -> {
          InetSocketAddress gone = gone();
          try (UdpSocket socket = UdpSocket.connect(gone)) {
            Fiber<?> receiver =
                Fiber.start(() ->
                    assertThatThrownBy(socket::receive)
                        .isInstanceOf(NetworkException.class)
                        .hasMessageContaining("ECONNREFUSED"));
            Fiber.yield();
            Fiber.yield();
            socket.send(bytes("anybody?"));
            receiver.join();
            try (UdpSocket back = UdpSocket.bind(gone, UdpOptions.defaults())) {
              back.send(bytes("me"), socket.localAddress());
              assertThat(text(socket.receive().payload())).isEqualTo("me");
            }
          }
        });
  }

  @Test
  void shouldTellTheHandlerOfFailures() {
    Loops.run(
        engine,
        () -> {
          InetSocketAddress gone = gone();
          List<NetworkException> failures = new ArrayList<>();
          Fiber<?> self = Fiber.current();
          try (UdpSocket socket = UdpSocket.connect(gone)) {
            socket.onDatagram(
                new DatagramHandler() {
                  @Override
                  public void onDatagram(ByteQueue payload, InetSocketAddress source) {}

                  @Override
                  public void onFailure(UdpSocket which, NetworkException failure) {
                    failures.add(failure);
                    self.unpark();
                  }
                });
            for (int i = 0; i < 100 && failures.isEmpty(); i++) {
              socket.trySend(bytes("anybody?"), gone);
              Fiber.yield();
            }
            assertThat(failures).isNotEmpty();
            assertThat(failures.getFirst().errno()).isEqualTo(Errno.ECONNREFUSED.number());
            assertThat(socket.isOpen()).isTrue();
          }
        });
  }

  @Test
  void shouldGoOnWhenTheHandlerThrows() {
    List<String> reported = new ArrayList<>();
    LoopOptions options =
        Loops.options(engine).failures((source, failure) -> reported.add(failure.getMessage()));
    try (Loop loop = Loop.open(options)) {
      loop.run(() -> {
        try (UdpSocket server = local();
            UdpSocket client = local()) {
          server.onDatagram((payload, source) -> {
            if (payload.isEmpty()) {
              throw new IllegalStateException("deliberate");
            }
            server.send(payload, source);
          });
          client.send(bytes(0), server.localAddress());
          client.send(bytes("still there?"), server.localAddress());
          assertThat(text(client.receive().payload())).isEqualTo("still there?");
        }
      });
    }
    assertThat(reported).containsExactly("deliberate");
  }

  @Test
  void shouldPauseWhileNobodyConsumesAndGoOnAfterwards() {
    Loops.run(
        engine,
        () -> {
          UdpOptions few = UdpOptions.defaults().receiveLimitDatagrams(4);
          try (UdpSocket left = local();
              UdpSocket right = UdpSocket.bind("127.0.0.1", 0, few)) {
            left.send(bytes("first"), right.localAddress());
            assertThat(text(right.receive().payload())).isEqualTo("first");
            int count = 0;
            while (right.statistics().pauses() == 0) {
              assertThat(count).as("sent, and never paused").isLessThan(100);
              left.send(bytes("more " + count++), right.localAddress());
            }
            long kept = right.statistics().received() - 1 - right.statistics().dropped();
            assertThat(kept).isBetween(4L, 8L);
            for (int i = 0; i < 4; i++) {
              assertThat(text(right.receive().payload())).isEqualTo("more " + i);
            }
            Cancellation.within(
                Duration.ofSeconds(10),
                () -> {
                  String last = "";
                  left.send(bytes("last"), right.localAddress());
                  while (!last.equals("last")) {
                    last = text(right.receive().payload());
                  }
                });
          }
        });
  }

  @Test
  void shouldSpeakIpv4AndIpv6OnOneSocket() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket both = UdpSocket.open();
              UdpSocket four = local()) {
            InetSocketAddress viaFour =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), both.port());
            four.send(bytes("over IPv4"), viaFour);
            Datagram received = both.receive();
            assertThat(received.address()).isEqualTo(four.localAddress());
            both.send(bytes("back"), received.address());
            assertThat(text(four.receive().payload())).isEqualTo("back");
            assumeTrue(both.localAddress().getAddress().getAddress().length == 16, "no IPv6 here");
            try (UdpSocket six = UdpSocket.bind("::1", 0)) {
              six.send(
                  bytes("over IPv6"),
                  new InetSocketAddress(InetAddress.ofLiteral("::1"), both.port()));
              assertThat(both.receive().address()).isEqualTo(six.localAddress());
            }
          }
        });
  }

  @Test
  void shouldReceiveWhatIsSentToAGroupUntilItLeaves() {
    Loops.run(
        engine,
        () -> {
          NetworkInterface loopback =
              NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress());
          InetAddress group = InetAddress.ofLiteral("239.255.77.77");
          UdpOptions shared = UdpOptions.defaults().reuseAddress(true);
          try (UdpSocket receiver = UdpSocket.bind("0.0.0.0", 0, shared);
              UdpSocket sender = local()) {
            receiver.join(group, loopback);
            sender.multicastInterface(loopback);
            sender.multicastTimeToLive(0);
            sender.multicastLoop(true);
            InetSocketAddress target = new InetSocketAddress(group, receiver.port());
            sender.send(bytes("to all"), target);
            assertThat(text(receiver.receive().payload())).isEqualTo("to all");
            receiver.leave(group, loopback);
            sender.send(bytes("to nobody"), target);
            sender.send(
                bytes("to one"),
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), receiver.port()));
            assertThat(text(receiver.receive().payload())).isEqualTo("to one");
            assertThatThrownBy(() -> receiver.leave(group, loopback))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("leave 239.255.77.77");
            assertThatThrownBy(() -> receiver.join(InetAddress.ofLiteral("127.0.0.1"), loopback))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("join 127.0.0.1");
          }
        });
  }

  @Test
  void shouldExplainWhatIsWrong() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket socket = local();
              UdpSocket connected = UdpSocket.connect(socket.localAddress())) {
            assertThatThrownBy(() -> socket.send(bytes(65_508), connected.localAddress()))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("65508 bytes")
                .hasMessageContaining("too long");
            assertThatThrownBy(() -> socket.send(bytes(100_000), connected.localAddress()))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("too long");
            assertThatThrownBy(() ->
                    socket.send(
                        bytes(1),
                        new InetSocketAddress(InetAddress.ofLiteral("255.255.255.255"), 9)))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("UdpOptions.broadcast");
            assertThatThrownBy(() -> socket.send(bytes(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not connected");
            assertThatThrownBy(() ->
                    connected.send(
                        bytes(1), new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 9)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is connected to");
            assertThatThrownBy(() -> UdpSocket.bind("127.0.0.1", socket.port()))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("receive on 127.0.0.1:" + socket.port())
                .hasMessageContaining("EADDRINUSE");
            socket.send(bytes("after all that"), connected.localAddress());
            assertThat(text(connected.receive().payload())).isEqualTo("after all that");
          }
        });
  }

  @Test
  void shouldKeepItsPlaceWhenAReceiveIsCancelled() {
    Loops.run(
        engine,
        () -> {
          try (UdpSocket left = local();
              UdpSocket right = local()) {
            assertThatThrownBy(
                    () -> Cancellation.within(Duration.ofMillis(1), () -> right.receive()))
                .isInstanceOf(DeadlineExceededException.class);
            left.send(bytes("late"), right.localAddress());
            assertThat(text(right.receive().payload())).isEqualTo("late");
          }
        });
  }

  @Test
  void shouldBeClosedOnlyWhenTheKernelHasLetGo() {
    Loops.run(
        engine,
        () -> {
          UdpSocket socket = local();
          InetSocketAddress target = socket.localAddress();
          socket.onDatagram((payload, source) -> {});
          assertThat(socket.trySend(bytes("one"), target)).isTrue();
          assertThat(socket.pendingOperations()).isGreaterThanOrEqualTo(1);
          socket.close();
          socket.close();
          assertThat(socket.state()).isEqualTo(Handle.State.CLOSED);
          assertThat(socket.pendingOperations()).isZero();
          assertThatThrownBy(socket::receive).hasMessageContaining("is closed");
          assertThatThrownBy(() -> socket.send(bytes("two"), target))
              .hasMessageContaining("is closed");
          UdpSocket.bind(target, UdpOptions.defaults()).close();
        });
  }

  @Test
  void shouldWakeAReceiverWhenItIsClosed() {
    Loops.run(
        engine,
        () -> {
          UdpSocket socket = local();
          Fiber<?> receiver =
              Fiber.start(
                  () -> assertThatThrownBy(socket::receive).hasMessageContaining("main closed it"));
          Fiber.yield();
          socket.close();
          receiver.join();
        });
  }

  @Test
  void shouldEndIdleReceiversAndHandlersWhenTheLoopShutsDown() {
    Loops.run(
        engine,
        () -> {
          UdpSocket push = local();
          push.onDatagram((payload, source) -> {});
          Loop loop = Loop.current();
          Fiber.start(() -> {
            try (UdpSocket direct = local()) {
              direct.receive();
            }
          });
          Fiber.yield();
          loop.shutdown(ShutdownOptions.defaults());
        });
  }
}
