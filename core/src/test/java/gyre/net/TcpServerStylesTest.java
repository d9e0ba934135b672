package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.ShutdownOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server in both styles, over one loop or many, opened and closed from wherever. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@org.junit.jupiter.api.Timeout(
    value = 30,
    unit = TimeUnit.SECONDS,
    threadMode = org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD)
class TcpServerStylesTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final Duration LONG = Duration.ofHours(1);

  @Parameter String engine = "";

  private static void push(SocketStream stream) {
    stream.onData(stream::write);
  }

  private static Socket connect(TcpServer server) throws IOException {
    return new Socket(server.address().getAddress(), server.address().getPort());
  }

  private static void exchange(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    assertThat(client.getInputStream().read()).isEqualTo(value);
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldPushOverAllLoopsOfAGroup(Distribution distribution) throws Exception {
    Set<String> loops = ConcurrentHashMap.newKeySet();
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine));
        TcpServer server =
            TcpServer.onConnection(
                group,
                ANY_PORT,
                ServerOptions.defaults().distribution(distribution),
                stream -> {
                  loops.add(Loop.current().name());
                  push(stream);
                })) {
      try (Socket first = connect(server);
          Socket second = connect(server)) {
        exchange(first, 1);
        exchange(second, 2);
        exchange(first, 3);
        assertThat(server.connections().stream().mapToInt(i -> i).sum()).isEqualTo(2);
      }
    }
    assertThat(loops).isNotEmpty();
    if (distribution == Distribution.LEAST_LOADED) {
      assertThat(loops).hasSize(2);
    }
  }

  @Test
  void shouldServeOnOneLoopFromAFiberOfThatLoop() {
    Loops.run(
        engine,
        () -> {
          Loop loop = Loop.current();
          try (TcpServer server =
              TcpServer.serve(
                  loop,
                  ANY_PORT,
                  ServerOptions.defaults(),
                  stream -> {
                    ByteBuffer buffer = ByteBuffer.allocate(100);
                    while (stream.read(buffer.clear()) >= 0) {
                      stream.write(buffer.flip());
                    }
                  })) {
            try (TcpStream client = TcpStream.connect(server.address())) {
              client.write(new byte[] {9});
              ByteBuffer answer = ByteBuffer.allocate(1);
              client.readFully(answer);
              assertThat(answer.get(0)).isEqualTo((byte) 9);
            }
          }
        });
  }

  @Test
  void shouldPushOnOneLoopFromAnotherThread() throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine))) {
      TcpServer server =
          TcpServer.onConnection(
              group.loop(0), ANY_PORT, ServerOptions.defaults(), TcpServerStylesTest::push);
      try (Socket client = connect(server)) {
        exchange(client, 5);
        server.close();
        assertThat(client.getInputStream().read()).as("idle: ended in order").isEqualTo(-1);
      }
      assertThat(server.connections()).containsExactly(0);
    }
  }

  @Test
  void shouldWaitForAPushedAnswerAndResetWhatIsLeftWhenTheTimeIsUp() throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine))) {
      TcpServer server =
          TcpServer.onConnection(
              group,
              ANY_PORT,
              ServerOptions.defaults(),
              stream ->
                  stream.onData(in -> {
                    in.drain(in.size());
                    stream.busy(true); // an answer that never comes
                    stream.write(new byte[] {1});
                  }));
      try (Socket client = connect(server)) {
        client.getOutputStream().write(1);
        assertThat(client.getInputStream().read()).isEqualTo(1);
        server.close(Duration.ofMillis(20));
        assertThatThrownBy(() -> client.getInputStream().read())
            .isInstanceOf(SocketException.class);
      }
      assertThat(server.connections()).containsExactly(0);
    }
  }

  @Test
  void shouldResetTheConnectionOfAPushHandlerThatThrowsAndServeTheOthers() throws Exception {
    List<String> reported = new CopyOnWriteArrayList<>();
    try (LoopGroup group =
        LoopGroup.open(
            1, Loops.options(engine).failures((source, e) -> reported.add(e.getMessage())))) {
      boolean[] hasThrown = {false};
      try (TcpServer server =
          TcpServer.onConnection(
              group,
              ANY_PORT,
              ServerOptions.defaults(),
              stream -> {
                if (!hasThrown[0]) {
                  hasThrown[0] = true;
                  throw new IllegalStateException("first one is broken");
                }
                push(stream);
              })) {
        assertThatThrownBy(
                () -> { // the reset may come before connect has returned
                  try (Socket broken = connect(server)) {
                    int ignored = broken.getInputStream().read();
                  }
                })
            .isInstanceOf(SocketException.class);
        try (Socket client = connect(server)) {
          exchange(client, 4);
        }
      }
    }
    assertThat(reported).containsExactly("first one is broken");
  }

  @Test
  void shouldEndWithItsLoop() throws Exception {
    LoopGroup group = LoopGroup.open(1, Loops.options(engine));
    TcpServer server =
        TcpServer.onConnection(
            group.loop(0), ANY_PORT, ServerOptions.defaults(), TcpServerStylesTest::push);
    try (Socket client = connect(server)) {
      exchange(client, 1);
      group.shutdown(ShutdownOptions.defaults());
      assertThat(group.join().getFirst().isClean()).isTrue();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    server.close();
    assertThatThrownBy(
            () -> TcpServer.serve(group.loop(0), ANY_PORT, ServerOptions.defaults(), stream -> {}))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void shouldWaitForItsEndAlsoInAFiberThatIsCancelled() {
    Loops.run(
        engine,
        () -> {
          Cancellation token = Cancellation.current().child();
          TcpServer[] opened = {null};
          Fiber<?> owner =
              Fiber.start(() ->
                  assertThatThrownBy(() ->
                          token.run(() -> {
                            try (TcpServer server =
                                TcpServer.serve(
                                    Loop.current(),
                                    ANY_PORT,
                                    ServerOptions.defaults(),
                                    stream -> stream.read(ByteBuffer.allocate(1)))) {
                              opened[0] = server;
                              Fiber.sleep(LONG);
                            }
                          }))
                      .isInstanceOf(CancelledException.class));
          while (opened[0] == null) {
            Fiber.yield();
          }
          try (TcpStream client = TcpStream.connect(opened[0].address())) {
            client.write(new byte[] {1});
            client.await(1);
            token.cancel("enough");
            Fiber.await(owner.end());
          }
          assertThat(opened[0].connections()).containsExactly(0);
        });
  }

  @Test
  void shouldRefuseCallsThatWouldWaitForThemselves() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      assertThatThrownBy(
              () -> TcpServer.serve(loop, ANY_PORT, ServerOptions.defaults(), stream -> {}))
          .hasMessageContaining("in a fiber");
    }
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine))) {
      TcpServer[] opened = {null};
      List<String> thrown = new CopyOnWriteArrayList<>();
      try (TcpServer server =
          TcpServer.serve(
              group,
              ANY_PORT,
              ServerOptions.defaults(),
              stream -> {
                boolean isThere = stream.await(1);
                assertThat(isThere).isTrue();
                try {
                  opened[0].close();
                } catch (IllegalStateException e) {
                  thrown.add(e.getMessage());
                }
              })) {
        opened[0] = server;
        try (Socket client = connect(server)) {
          client.getOutputStream().write(1);
          assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
      }
      assertThat(thrown).singleElement().asString().contains("would wait for itself");
    }
  }
}
