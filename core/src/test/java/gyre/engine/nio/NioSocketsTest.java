package gyre.engine.nio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loops;
import gyre.engine.EngineOptions;
import gyre.engine.Poll;
import gyre.engine.Sockets;
import gyre.net.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class NioSocketsTest {
  private static final class Stubborn extends AbstractSelectableChannel {
    Stubborn() {
      super(SelectorProvider.provider());
    }

    @Override
    protected void implCloseSelectableChannel() {}

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
      throw new IOException("no");
    }

    @Override
    public int validOps() {
      return SelectionKey.OP_READ;
    }
  }

  @Test
  void shouldCloseAChannelThatInsistsOnBlocking() {
    Stubborn channel = new Stubborn();
    assertThatThrownBy(() -> NioSockets.makeNonBlocking(channel)).hasMessage("no");
    assertThat(channel.isOpen()).isFalse();
  }

  /**
   * A fiber that waits for a monitor of the selector stops the loop, which waits for another one
   * that this fiber has.
   */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldTakeNoMonitorOfTheSelectorInAFiber() throws Exception {
    NioEngine engine = NioEngine.open(EngineOptions.defaults());
    try (SocketChannel channel = SocketChannel.open()) {
      channel.configureBlocking(false);
      NioChannel added = engine.add(Sockets.Family.INET4, channel);
      assertThat(engine.watch(added, Poll.READABLE)).isZero();
      Thread fiber = Thread.ofVirtual().unstarted(() -> engine.sockets().close(added.descriptor));
      synchronized (engine.selector) { // as one that is in the middle of waking would
        fiber.start();
        fiber.join();
      }
      assertThat(channel.isOpen()).isFalse();
      assertThat(channel.isRegistered()).isTrue();
      engine.poll(0);
      assertThat(channel.isRegistered()).isFalse();
    } finally {
      engine.close();
    }
  }

  @SuppressWarnings("try") // what is tested is the close
  @Test
  void shouldListenAgainInTheFiberThatHasClosed() {
    Loops.run(
        "nio",
        () -> {
          try (TcpListener first = TcpListener.bind("127.0.0.1", 0)) {
            for (int i = 0; i < 20; i++) {
              Fiber.yield(); // it listens, and the selector knows it
            }
            InetSocketAddress address = first.address();
            first.close();
            try (TcpListener second = TcpListener.bind("127.0.0.1", address.getPort())) {
              assertThat(second.address()).isEqualTo(address);
            }
          }
        });
  }

  @Test
  void shouldPairNoStranger(@TempDir Path directory) throws IOException {
    SocketAddress at = UnixDomainSocketAddress.of(directory.resolve("pair"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(at);
      try (SocketChannel silent = SocketChannel.open(at);
          SocketChannel talking = SocketChannel.open(at)) {
        assertThat(talking.write(ByteBuffer.allocate(100))).isEqualTo(100);
        NioPair pair = NioPair.over(server);
        try (SocketChannel left = pair.left();
            SocketChannel right = pair.right()) {
          assertThat(left.write(ByteBuffer.wrap(new byte[] {1, 2}))).isEqualTo(2);
          ByteBuffer said = ByteBuffer.allocate(10);
          assertThat(right.read(said)).isEqualTo(2);
          assertThat(right.write(ByteBuffer.wrap(new byte[] {3}))).isEqualTo(1);
          assertThat(left.read(said)).isEqualTo(1);
          assertThat(silent.read(said)).isEqualTo(-1);
        }
      }
    }
  }
}
