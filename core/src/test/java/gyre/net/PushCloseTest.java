package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
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

/** A push handler is told of the end of its stream once and last, however it ends. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PushCloseTest {
  @Parameter String engine = "";

  /** Notes what it is told, and does one thing at the first byte. */
  private static final class Noting implements DataHandler {
    final List<String> told = new ArrayList<>();
    private final SocketStream stream;
    private final AtData atData;

    private interface AtData {
      void act(SocketStream stream) throws Exception;
    }

    Noting(SocketStream stream, AtData atData) {
      this.stream = stream;
      this.atData = atData;
      stream.onData(this);
    }

    @Override
    public void onData(ByteQueue in) throws Exception {
      in.drain(in.size());
      told.add("data");
      atData.act(stream);
    }

    @Override
    public void onEnd(ByteStream ended) {
      told.add("end");
      ended.close();
    }

    @Override
    public void onFailure(ByteStream broken, IoException failure) {
      told.add("failure");
    }

    @Override
    public void onClosed(ByteStream closed) {
      assertThat(closed.isOpen()).isFalse();
      told.add("closed");
      closed.close(); // changes nothing
    }
  }

  private interface Ends {
    void use(TcpStream near, TcpStream far) throws Exception;
  }

  private void with(Ends ends) {
    with(Loops.options(engine), ends);
  }

  private static void with(LoopOptions options, Ends ends) {
    Loops.runReporting(
        options,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            Fiber<TcpStream> far = Scope.current().call(listener::accept);
            TcpStream near = TcpStream.connect(listener.address());
            ends.use(near, far.join());
            near.close();
            far.join().close();
          }
        });
  }

  private static void awaitClosed(SocketStream stream) {
    while (stream.isOpen()) {
      Fiber.sleep(Duration.ofMillis(1));
    }
    stream.close(); // returns when all is over
  }

  @Test
  void shouldFollowTheEndOfThePeer() {
    with((near, far) -> {
      Noting noting = new Noting(near, stream -> {});
      far.write(new byte[1]);
      far.close();
      awaitClosed(near);
      assertThat(noting.told).containsExactly("data", "end", "closed");
    });
  }

  @Test
  void shouldFollowAFailure() {
    with((near, far) -> {
      Noting noting = new Noting(near, stream -> {});
      far.reset();
      awaitClosed(near);
      assertThat(noting.told).containsExactly("failure", "closed");
    });
  }

  @Test
  void shouldFollowACloseFromThisSide() {
    with((near, far) -> {
      Noting noting = new Noting(near, stream -> {});
      near.close();
      assertThat(noting.told).containsExactly("closed");
    });
    with((near, far) -> {
      Noting noting = new Noting(near, SocketStream::close);
      far.write(new byte[1]);
      awaitClosed(near);
      assertThat(noting.told).containsExactly("data", "closed");
    });
    with((near, far) -> {
      Noting noting = new Noting(near, stream -> {});
      near.reset();
      assertThat(noting.told).containsExactly("closed");
    });
  }

  @Test
  void shouldFollowAHandlerThatThrows() {
    List<String> reports = new ArrayList<>();
    with(
        Loops.options(engine).failures((where, failure) -> reports.add(failure.getMessage())),
        (near, far) -> {
          Noting noting =
              new Noting(
                  near,
                  stream -> {
                    throw new IllegalStateException("on purpose");
                  });
          far.write(new byte[1]);
          awaitClosed(near);
          assertThat(noting.told).containsExactly("data", "closed");
        });
    assertThat(reports).containsExactly("on purpose");
  }

  @Test
  void shouldFollowACallbackThatWasParked() {
    with((near, far) -> {
      Noting noting = new Noting(near, stream -> Fiber.sleep(Duration.ofMillis(5)));
      far.write(new byte[1]);
      while (noting.told.isEmpty()) {
        Fiber.sleep(Duration.ofMillis(1));
      }
      near.close();
      assertThat(noting.told).containsExactly("data", "closed");
    });
  }

  @Test
  void shouldFollowTheEndOfTheScope() {
    List<Noting> notings = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<TcpStream> far = Scope.current().call(listener::accept);
          try (Scope scope = Scope.open("inner")) {
            notings.add(new Noting(TcpStream.connect(listener.address()), stream -> {}));
            scope.cancel("enough");
          }
          assertThat(notings.getFirst().told).containsExactly("closed");
          notings.add(new Noting(far.join(), stream -> {}));
          Loop.current().shutdown(ShutdownOptions.defaults());
        });
    assertThat(notings.getLast().told.getLast()).isEqualTo("closed");
    assertThat(notings.getLast().told).containsOnlyOnce("closed");
  }
}
