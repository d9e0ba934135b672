package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.WatchedEngine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/rules.md promises of streams, where no other test shows it. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamRulesTest {
  private static final int TEN_MEGABYTES = 10 << 20;
  private static final int CONNECTIONS = 1_000;

  @Parameter String engine = "";

  private interface Pair {
    void use(TcpStream near, TcpStream far) throws Exception;
  }

  private void with(Pair pair) {
    Loops.run(engine, connected(pair));
  }

  private static Task connected(Pair pair) {
    return () -> {
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          TcpStream near = TcpStream.connect(listener.address());
          TcpStream far = listener.accept()) {
        pair.use(near, far);
      }
    };
  }

  private long sendsOf(Pair pair) {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    try (Loop loop = Loop.open(Loops.options(engine).engine(() -> watched))) {
      loop.run(connected(pair));
    }
    return watched.sends();
  }

  // ---- net-split-reader-writer

  @Test
  void shouldWriteTenMegabytesWhileAnotherFiberIsParkedInARead() {
    with((near, far) -> {
      try (Scope halves = Scope.open("halves")) {
        Fiber<Integer> reader = halves.call(() -> near.read(ByteBuffer.allocate(1)));
        Fiber<Long> received = halves.call(() -> countAll(far));
        near.write(new byte[TEN_MEGABYTES]);
        assertThatThrownBy(() -> near.await(1)).as("two readers").hasMessageContaining("already");
        near.shutdownOutput();
        assertThat(received.join()).isEqualTo(TEN_MEGABYTES);
        assertThat(reader.isAlive()).as("reading goes on after the FIN").isTrue();
        far.write("x");
        assertThat(reader.join()).isEqualTo(1);
      }
    });
  }

  private static long countAll(TcpStream stream) {
    long all = 0;
    while (stream.await(1)) {
      all += stream.input().size();
      stream.input().clear();
    }
    return all;
  }

  // ---- net-tcp-nodelay, io-flush-before-read

  @Test
  void shouldJoinSmallWritesToOneSend() {
    long sends =
        sendsOf((near, far) -> {
          near.write("GET ");
          near.write("key\n");
          assertThat(far.readLine(100)).isEqualTo("GET key");
          far.write("val");
          far.write("ue\n");
          assertThat(near.readLine(100)).isEqualTo("value");
        });
    assertThat(sends).isEqualTo(2);
  }

  @Test
  void shouldSendWhatIsWrittenBeforeItWaitsForTheAnswerOnBothSides() {
    with((near, far) -> {
      try (Scope both = Scope.open("both")) {
        for (TcpStream stream : List.of(near, far)) {
          both.start(() -> {
            for (int i = 0; i < 100; i++) {
              stream.write(i + "\n"); // and no flush
              assertThat(stream.readLine(100)).isEqualTo(String.valueOf(i));
            }
          });
        }
        both.join();
      }
    });
  }

  @Test
  void shouldSendSmallWritesAtOnceUnlessToldOtherwise() {
    with((near, far) -> {
      assertThat(near.noDelay()).isTrue();
      assertThat(far.noDelay()).isTrue();
    });
    Loops.run(
        engine,
        () -> {
          StreamOptions bulk = StreamOptions.defaults().noDelay(false);
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address(), bulk)) {
            assertThat(near.noDelay()).as("what the kernel says").isFalse();
          }
        });
  }

  // ---- net-graceful-disconnect

  @Test
  void shouldGiveASlowReaderAllThatWasWrittenBeforeTheClose() {
    with((near, far) -> {
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          near.write(new byte[TEN_MEGABYTES]);
          near.close();
        });
        ByteBuffer little = ByteBuffer.allocate(10_000);
        long all = 0;
        for (int bytes = far.read(little); bytes >= 0; bytes = far.read(little.clear())) {
          all += bytes;
          Fiber.yield();
        }
        assertThat(all).isEqualTo(TEN_MEGABYTES);
      }
    });
  }

  // ---- async-cancellation-safe

  @Test
  void shouldLoseNoConnectionThoughAcceptsAreCancelled() {
    Loops.run(
        engine,
        () -> {
          List<TcpStream> accepted = new ArrayList<>();
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              Scope clients = Scope.open("clients")) {
            clients.start(() -> {
              for (int i = 0; i < CONNECTIONS; i++) {
                TcpStream.connect(listener.address()).close();
              }
            });
            int cancelled = 0;
            while (accepted.size() < CONNECTIONS) {
              cancelled += acceptOnce(listener, accepted, cancelled % 4);
            }
            assertThat(cancelled).isPositive();
          }
          accepted.forEach(TcpStream::close);
        });
  }

  /** One accept that is cancelled after some turns; 1 if it had not ended. */
  private static int acceptOnce(TcpListener listener, List<TcpStream> accepted, int turns) {
    try (Scope one = Scope.openIsolated("one")) {
      Fiber<?> accepting =
          one.start(() -> {
            TcpStream stream = listener.accept();
            accepted.add(stream);
            stream.close();
          });
      for (int i = 0; i <= turns && accepting.isAlive(); i++) {
        Fiber.yield();
      }
      int cancelled = accepting.isAlive() ? 1 : 0;
      one.cancel("enough");
      return cancelled;
    }
  }

  @Test
  void shouldReadOnWhereAReadOfSeveralStepsWasCancelled() {
    with((near, far) -> {
      ByteBuffer ten = ByteBuffer.allocate(10);
      boolean[] cut = new boolean[1];
      try (Scope one = Scope.openIsolated("reader")) {
        one.start(() -> {
          assertThatThrownBy(() -> far.readFully(ten)).isInstanceOf(CancelledException.class);
          cut[0] = true;
        });
        near.write("01234");
        while (ten.position() < 5) {
          Fiber.yield();
        }
        one.cancel("half-way");
      }
      assertThat(cut[0]).isTrue();
      near.write("56789");
      far.readFully(ten);
      assertThat(new String(ten.array(), StandardCharsets.US_ASCII)).isEqualTo("0123456789");
    });
  }
}
