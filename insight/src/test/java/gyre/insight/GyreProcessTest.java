package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import gyre.probe.ProbeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reading the counters of a process, here of this one. */
@Timeout(60)
class GyreProcessTest {
  private static final long PID = ProcessHandle.current().pid();

  private static LoopSnapshot find(ProcessSnapshot process, String name) {
    return process.loops().stream()
        .filter(loop -> loop.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldTellWhatALoopIsAndWhatItDid() throws IOException {
    try (Loop loop = Loop.open(LoopOptions.defaults().name("told"));
        GyreProcess process = GyreProcess.open(PID)) {
      loop.run(() -> {
        try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
          Fiber<?> server =
              Fiber.start(() -> {
                try (TcpStream stream = listener.accept()) {
                  stream.readFully(ByteBuffer.allocate(3));
                }
              });
          try (TcpStream client = TcpStream.connect(listener.address())) {
            client.write(new byte[3]);
            server.join();
          }
          LoopSnapshot inside = find(process.read(), "told");
          assertThat(inside.phase()).isEqualTo(LoopSnapshot.Phase.RUNNING);
          assertThat(inside.isConsistent()).as("its own turn goes on").isFalse();
          assertThat(inside.kinds())
              .anySatisfy(kind -> {
                assertThat(kind.name()).isEqualTo("tcp-listener");
                assertThat(kind.open()).isEqualTo(1);
              });
        }
      });
      LoopSnapshot told = find(process.read(), "told");
      assertThat(told.engine()).isEqualTo(loop.engineName());
      assertThat(told.fiberMode()).isEqualTo(loop.fiberMode().toString());
      assertThat(told.get(Counter.BYTES_RECEIVED)).isEqualTo(3);
      assertThat(told.get(Counter.TURNS)).isEqualTo(loop.counters().turns());
      assertThat(told.openHandles()).isZero();
      assertThat(told.liveFibers()).isBetween(0L, 1L);
      assertThat(told.spread(Distribution.TURN).count()).isPositive();
      assertThat(told.kernelThread()).isPositive();
    }
  }

  @Test
  void shouldForgetALoopThatHasEnded() throws IOException {
    try (GyreProcess process = openWithLoop()) {
      assertThat(process.read().loops()).noneMatch(loop -> loop.name().equals("brief"));
    }
  }

  @SuppressWarnings("try") // the loop is there while it is read
  private static GyreProcess openWithLoop() throws IOException {
    try (Loop ignored = Loop.open(LoopOptions.defaults().name("brief"))) {
      return GyreProcess.open(PID);
    }
  }

  @Test
  void shouldGiveWhatHappenedBetweenTwoReads() throws IOException {
    try (Loop loop = Loop.open(LoopOptions.defaults().name("between"));
        GyreProcess process = GyreProcess.open(PID)) {
      loop.run(() -> Fiber.sleep(Duration.ofMillis(1)));
      ProcessSnapshot before = process.read();
      loop.run(() -> {
        for (int i = 0; i < 10; i++) {
          Fiber.yield();
        }
      });
      ProcessSnapshot after = process.read();
      LoopSnapshot change = find(after.since(before), "between");
      assertThat(change.get(Counter.FIBER_RUNS)).isGreaterThanOrEqualTo(10);
      assertThat(change.get(Counter.FIBER_RUNS))
          .isEqualTo(
              find(after, "between").get(Counter.FIBER_RUNS)
                  - find(before, "between").get(Counter.FIBER_RUNS));
      assertThat(change.spread(Distribution.FIBER_RUN).count())
          .isEqualTo(change.get(Counter.FIBER_RUNS));
    }
  }

  /** Each run of a fiber adds to a counter and to a histogram: whole reads have them equal. */
  @Test
  void shouldNoticeATornRead() throws Exception {
    AtomicBoolean isDone = new AtomicBoolean();
    Thread busy =
        Thread.ofPlatform()
            .start(() -> {
              try (Loop loop = Loop.open(LoopOptions.defaults().name("busy"))) {
                loop.run(() -> {
                  while (!isDone.get()) {
                    Fiber.yield();
                  }
                });
              }
            });
    int whole = 0;
    try (GyreProcess process = openWhenThere()) {
      for (int i = 0; i < 100_000 && whole < 100; i++) {
        for (LoopSnapshot loop : process.read().loops()) {
          if (loop.name().equals("busy") && loop.isConsistent()) {
            whole++;
            assertThat(loop.spread(Distribution.FIBER_RUN).count())
                .isEqualTo(loop.get(Counter.FIBER_RUNS));
          }
        }
      }
    } finally {
      isDone.set(true);
      busy.join();
    }
    assertThat(whole).isPositive();
  }

  /** Slots are given back and taken again while they are read: each has one loop, whole. */
  @Test
  void shouldNeverShowALoopWithoutItsName() throws Exception {
    AtomicBoolean isDone = new AtomicBoolean();
    try (Loop first = Loop.open(LoopOptions.defaults().name("first"));
        GyreProcess process = GyreProcess.open(PID)) {
      Thread others = Thread.ofPlatform().start(() -> takeAndGiveBack(isDone));
      try {
        for (int i = 0; i < 3_000; i++) {
          assertThat(process.read().loops())
              .allSatisfy(loop -> assertThat(loop.name()).isNotEmpty());
        }
      } finally {
        isDone.set(true);
        others.join();
      }
      assertThat(process.read().loops()).extracting(LoopSnapshot::name).contains(first.name());
    }
  }

  private static void takeAndGiveBack(AtomicBoolean isDone) {
    while (!isDone.get()) {
      ProbeFile.Slot slot = ProbeFile.take("brief", "none", "NATIVE", "", 0);
      if (slot != null) {
        ProbeFile.giveBack(slot);
      }
    }
  }

  @Test
  void shouldReadADrivenLoopBetweenItsTurns() throws IOException {
    try (Loop loop = Loop.open(LoopOptions.defaults().name("driven"));
        GyreProcess process = GyreProcess.open(PID)) {
      boolean ignored = loop.driver().turn(Duration.ZERO);
      assertThat(find(process.read(), "driven").isConsistent()).isTrue();
    }
  }

  private static GyreProcess openWhenThere() throws IOException {
    while (true) {
      try {
        return GyreProcess.open(PID);
      } catch (IOException e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void shouldSayWhyThereIsNothingToRead() {
    assertThatThrownBy(() -> GyreProcess.open(999_999_999))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("999999999")
        .hasMessageContaining("no such process");
  }
}
