package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("fiber-modes")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeakTest {
  private final List<Throwable> reports = new ArrayList<>();

  private void run(boolean reportsLeaks, Task main) {
    LoopOptions options =
        Loops.options("auto")
            .reportLeaks(reportsLeaks)
            .failures((source, failure) -> reports.add(failure));
    Loops.runReporting(options, main);
  }

  private static void forgetAStream() {
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        Scope scope = Scope.open("forgetful")) {
      TcpStream forgotten = TcpStream.connect(listener.address());
      assertThat(forgotten.isOpen()).isTrue();
      assertThat(scope.fibers()).isZero();
    }
  }

  @Test
  void shouldTellWhereAForgottenStreamWasOpened() {
    run(true, LeakTest::forgetAStream);
    assertThat(reports).hasSize(1);
    Throwable report = reports.getFirst();
    assertThat(report).hasMessageContaining("tcp-stream").hasMessageContaining("forgetful");
    assertThat(report).hasStackTraceContaining("LeakTest.forgetAStream");
  }

  @Test
  void shouldTellOfWhatAHandlerForgetsWhenItsConnectionEnds() {
    run(
        true,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            TcpStream[] forgotten = new TcpStream[1];
            boolean[] isFirst = {true};
            Fiber<?> server =
                Fiber.start(() ->
                    listener.serve(stream -> {
                      if (isFirst[0]) {
                        isFirst[0] = false; // before it waits, while others are served
                        forgotten[0] = TcpStream.connect(listener.address());
                      }
                    }));
            try (TcpStream client = TcpStream.connect(listener.address())) {
              assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
            assertThat(forgotten[0].state()).isEqualTo(Handle.State.CLOSED);
            assertThat(server.isAlive()).isTrue();
            while (reports.isEmpty()) {
              Fiber.yield(); // told soon, not at once
            }
            assertThat(reports).hasSize(1);
            assertThat(reports.getFirst())
                .hasMessageContaining(forgotten[0].name())
                .hasMessageContaining("connection");
          }
        });
  }

  @Test
  void shouldTellAtAnyTimeWhereWhatIsOpenWasOpened() {
    for (boolean isOn : new boolean[] {true, false}) {
      run(
          isOn,
          () -> {
            try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
              HandleInfo info = listener.loop().handles().getFirst();
              if (isOn) {
                assertThat(info.opened()).hasStackTraceContaining("LeakTest");
              } else {
                assertThat(info.opened()).isNull();
              }
            }
          });
    }
    assertThat(reports).isEmpty();
  }

  @Test
  void shouldSayNothingUnlessAsked() {
    run(false, LeakTest::forgetAStream);
    assertThat(reports).isEmpty();
  }

  @Test
  void shouldNotTakeForForgottenWhatWorksByCallbacks() {
    run(
        true,
        () -> {
          try (Scope scope = Scope.open("serving")) {
            TcpListener listener = TcpListener.bind("127.0.0.1", 0);
            listener.onConnection(stream -> stream.onData(stream::write));
            assertThat(scope.fibers()).isZero();
          }
        });
    assertThat(reports).isEmpty();
  }
}
