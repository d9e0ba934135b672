package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.OutputFullException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that hold memory can do to others, in a loop that has little: nothing for long. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MemoryPolicyTest {
  private static final int FRAME = 100_000;
  private static final int GREEDY = 60;

  @Parameter String engine = "";

  private interface Program {
    void run() throws Exception;
  }

  /** In a loop of its own: peers that hold memory must not share the loop with their victim. */
  private void withSmallPool(Program program) {
    List<Throwable> reported = new ArrayList<>();
    LoopOptions options =
        Loops.options(engine).poolLimitBytes(2 << 20).failures((source, e) -> reported.add(e));
    Loops.runReporting(options, program::run);
    assertThat(reported).isEmpty();
  }

  private static void serveFrames(TcpListener listener) {
    listener.serve(stream -> {
      while (stream.await(FRAME)) {
        stream.input().drain(FRAME);
        stream.write(new byte[] {1});
      }
    });
  }

  /** Bytes that a blocking peer outside of the loop writes, as far as the loop takes them. */
  private static List<Peer> greedyPeers(int port, int count) throws Exception {
    return Fiber.offload(() -> {
      List<Peer> peers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Peer peer = new Peer(port);
        peer.writeWhatIsTaken(FRAME - 1000);
        peers.add(peer);
      }
      return peers;
    });
  }

  private static void awaitTightness() {
    while (MemoryCounters.of(Loop.current()).level() == MemoryLevel.CALM) {
      Fiber.sleep(Duration.ofMillis(1));
    }
  }

  @Test
  void shouldServeOthersWhileGreedyClientsStandStill() {
    withSmallPool(() -> {
      TcpListener frames = TcpListener.bind("127.0.0.1", 0);
      TcpListener echo = TcpListener.bind("127.0.0.1", 0);
      try (Scope servers = Scope.open("servers")) {
        servers.start(() -> serveFrames(frames));
        echo.onConnection(stream -> stream.onData(stream::write));
        List<Peer> greedy = greedyPeers(frames.port(), GREEDY);
        for (int i = 0; i < 20; i++) {
          Fiber.offload(() -> {
            try (Peer honest = new Peer(echo.port())) {
              honest.exchange(100);
            }
            return true;
          });
        }
        awaitTightness();
        MemoryCounters counters = MemoryCounters.of(Loop.current());
        assertThat(counters.usedPeak()).isLessThanOrEqualTo(counters.limit());
        assertThat(counters.shedStreams()).isZero();
        greedy.forEach(Peer::close);
        frames.close();
        echo.close();
      }
    });
  }

  @Test
  void shouldSeeResetsOfThoseWhoWaitForTheirTurn() {
    withSmallPool(() -> {
      TcpListener frames = TcpListener.bind("127.0.0.1", 0);
      try (Scope servers = Scope.open("servers")) {
        servers.start(() -> serveFrames(frames));
        List<Peer> greedy = greedyPeers(frames.port(), GREEDY);
        greedy.forEach(Peer::reset);
        if (!engine.equals("nio")) { // the JDK's selector is not told
          while (frames.connections() > 0) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          assertThat(MemoryCounters.of(Loop.current()).shedStreams()).isZero();
        }
        frames.close();
        servers.cancel("done");
      }
    });
  }

  /** Each in a thread of its own: who has its turn must not wait for another one's. */
  private static boolean finish(List<Peer> peers) throws Exception {
    try (var each = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> ends = new ArrayList<>();
      for (Peer peer : peers) {
        ends.add(
            each.submit(() -> {
              peer.writeRest(FRAME);
              peer.expect(1);
              peer.close(); // who is served and stays stands still
              return true;
            }));
      }
      for (Future<?> end : ends) {
        Object ignored = end.get();
      }
    }
    return true;
  }

  @Test
  void shouldGiveEachItsTurn() {
    withSmallPool(() -> {
      TcpListener frames = TcpListener.bind("127.0.0.1", 0);
      try (Scope servers = Scope.open("servers")) {
        servers.start(() -> serveFrames(frames));
        long began = System.nanoTime();
        List<Peer> peers = greedyPeers(frames.port(), GREEDY);
        Fiber.offload(() -> finish(peers));
        if (System.nanoTime() - began < Standstill.PATIENCE_NANOS) { // else some did stand still
          assertThat(MemoryCounters.of(Loop.current()).shedStreams()).isZero();
        }
        frames.close();
      }
    });
  }

  @Test
  void shouldRefuseToAwaitMoreThanAShareOfTheLoop() {
    withSmallPool(() -> {
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
        StreamOptions options = StreamOptions.defaults().inputLimitBytes(64 << 20);
        try (TcpStream stream = TcpStream.connect(listener.address(), options)) {
          assertThatThrownBy(() -> stream.await(20_000_000))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("read in parts or raise poolLimitBytes");
        }
      }
    });
  }

  @Test
  void shouldSayFullBeforeMemoryIsExhausted() {
    List<Throwable> reported = new ArrayList<>();
    LoopOptions options =
        Loops.options(engine).poolLimitBytes(2 << 20).failures((source, e) -> reported.add(e));
    Loops.runReporting(
        options,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          int[] refused = {0};
          boolean[] drained = {false};
          Fiber<?> waiter = Fiber.current();
          listener.onConnection(stream ->
              stream.onData(
                  new DataHandler() {
                    @Override
                    public void onData(ByteQueue in) {
                      in.clear();
                      for (int i = 0; i < 400; i++) {
                        try {
                          stream.write(new byte[1 << 16]);
                        } catch (OutputFullException full) {
                          refused[0]++;
                          assertThat(stream.isWritable()).isFalse();
                          break;
                        }
                      }
                    }

                    @Override
                    public void onDrained(ByteStream self) {
                      drained[0] = true;
                      waiter.unpark();
                    }
                  }));
          Peer peer = Fiber.offload(() -> new Peer(listener.port()));
          Fiber.offload(() -> {
            peer.writeRest(1);
            return true;
          });
          while (refused[0] == 0) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          Thread reader = Thread.ofPlatform().daemon().start(peer::readAll);
          while (!drained[0]) {
            Fiber.park();
          }
          peer.close();
          Fiber.offload(() -> {
            reader.join();
            return true;
          });
          listener.close();
          assertThat(MemoryCounters.of(Loop.current()).writesRefused()).isEqualTo(1);
        });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldPauseTheSourceOfAFullTarget() {
    withSmallPool(() -> {
      TcpListener sinks = TcpListener.bind("127.0.0.1", 0);
      TcpListener sources = TcpListener.bind("127.0.0.1", 0);
      TcpListener echo = TcpListener.bind("127.0.0.1", 0);
      echo.onConnection(stream -> stream.onData(stream::write));
      Peer sink = Fiber.offload(() -> new Peer(sinks.port()));
      TcpStream target = sinks.accept();
      sources.onConnection(source -> source.onData(target::write));
      Peer source = Fiber.offload(() -> new Peer(sources.port()));
      int total = 64 << 20;
      Thread pump = Thread.ofPlatform().daemon().start(() -> source.writeQuietly(total));
      for (int i = 0; i < 50; i++) {
        Fiber.offload(() -> {
          try (Peer honest = new Peer(echo.port())) {
            honest.exchange(100);
          }
          return true;
        });
        assertThat(target.pendingOutputBytes()).isLessThan(1 << 20);
      }
      long received = Fiber.offload(() -> sink.read(total));
      assertThat(received).isEqualTo(total);
      assertThat(MemoryCounters.of(Loop.current()).usedPeak()).isLessThan(2 << 20);
      Fiber.offload(() -> {
        pump.join();
        return true;
      });
      target.close();
      sink.close();
      source.close();
      sinks.close();
      sources.close();
      echo.close();
    });
  }

  @Test
  void shouldSeeAResetDuringAPause() {
    if (engine.equals("nio")) {
      return; // the JDK's selector is not told
    }
    withSmallPool(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      Peer peer = Fiber.offload(() -> new Peer(listener.port()));
      TcpStream stream = listener.accept();
      Fiber<?> waiter = Fiber.current();
      IoException[] told = {null};
      stream.onData(
          new DataHandler() {
            @Override
            public void onData(ByteQueue in) {
              stream.pauseInput();
            }

            @Override
            public void onFailure(ByteStream broken, IoException failure) {
              told[0] = failure;
              waiter.unpark();
            }
          });
      Fiber.offload(() -> {
        peer.writeRest(10);
        return true;
      });
      while (stream.input().isEmpty()) {
        Fiber.yield();
      }
      peer.reset();
      while (told[0] == null) {
        Fiber.park();
      }
      assertThat(told[0]).hasMessageContaining(stream.name());
      listener.close();
    });
  }

  @Test
  void shouldBeCalmAgainAfterwards() {
    withSmallPool(() -> {
      TcpListener frames = TcpListener.bind("127.0.0.1", 0);
      try (Scope servers = Scope.open("servers")) {
        servers.start(() -> serveFrames(frames));
        List<Peer> greedy = greedyPeers(frames.port(), GREEDY);
        awaitTightness();
        greedy.forEach(Peer::close);
        while (MemoryCounters.of(Loop.current()).level() != MemoryLevel.CALM) {
          Fiber.sleep(Duration.ofMillis(1));
        }
        MemoryCounters counters = MemoryCounters.of(Loop.current());
        assertThat(counters.waiting()).isZero();
        assertThat(counters.holders()).isZero();
        assertThat(counters.promised()).isZero();
        frames.close();
      }
    });
  }

  @Test
  void shouldSayWhoIsKeptWaiting() {
    withSmallPool(() -> {
      TcpListener frames = TcpListener.bind("127.0.0.1", 0);
      List<TcpStream> streams = new ArrayList<>();
      try (Scope servers = Scope.open("servers")) {
        servers.start(() ->
            frames.serve(stream -> {
              streams.add(stream);
              assertThat(stream.await(FRAME)).isFalse();
            }));
        List<Peer> greedy = greedyPeers(frames.port(), GREEDY);
        while (streams.stream().noneMatch(TcpStream::isKeptWaiting)) {
          Fiber.sleep(Duration.ofMillis(1)); // until who has sent more than is received is in line
        }
        greedy.forEach(Peer::close);
        while (MemoryCounters.of(Loop.current()).level() != MemoryLevel.CALM) {
          Fiber.sleep(Duration.ofMillis(1));
        }
        assertThat(streams).noneMatch(TcpStream::isKeptWaiting);
        frames.close();
      }
    });
  }

  @Test
  void shouldWriteThroughWhileMemoryIsShort() {
    withSmallPool(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      Peer peer = Fiber.offload(() -> new Peer(listener.port()));
      TcpStream stream = listener.accept();
      try (ByteQueue hog = stream.input().sibling()) {
        while (hog.canAppend(16 * 1024)) {
          hog.append(new byte[16 * 1024]);
        }
        while (hog.canAppend(1024)) {
          hog.append(new byte[1024]);
        }
        int total = 200_000;
        Fiber<?> writer = Fiber.start(() -> stream.write(ByteBuffer.allocate(total)));
        long received = Fiber.offload(() -> peer.read(total));
        assertThat(received).isEqualTo(total);
        writer.join();
      }
      stream.close();
      peer.close();
      listener.close();
    });
  }
}
