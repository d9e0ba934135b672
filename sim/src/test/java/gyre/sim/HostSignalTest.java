package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.process.OsSignal;
import gyre.process.SignalEvent;
import gyre.process.SignalStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Signals of simulated hosts. */
@Timeout(60)
class HostSignalTest {
  private static final Duration SOON = Duration.ofMillis(10);

  @Test
  void shouldReachTheLoopsOfOneHostAlone() {
    List<String> told = new ArrayList<>();
    Simulation.seed(1)
        .world(world -> {
          told.clear();
          Host server = world.host("server");
          server.run(() -> {
            try (LoopGroup group = LoopGroup.open(1, LoopOptions.defaults())) {
              CompletableFuture<SignalEvent> other =
                  group.loop(0).callAsync(() -> {
                    try (SignalStream signals = SignalStream.open(OsSignal.HUP)) {
                      return signals.next();
                    }
                  });
              try (SignalStream signals = SignalStream.open(OsSignal.HUP, OsSignal.TERM)) {
                told.add("first " + signals.next());
                told.add("second " + Fiber.await(other));
                told.add("third " + signals.next());
              }
            }
          });
          world
              .host("operator")
              .run(() -> {
                SignalStream own = SignalStream.open(OsSignal.HUP);
                Fiber.sleep(SOON);
                server.signal(OsSignal.USR1); // nobody there wants that
                server.signal(OsSignal.HUP);
                Fiber.sleep(SOON);
                server.signal(OsSignal.TERM);
                assertThat(own.poll()).isEmpty();
                own.close();
              });
        })
        .check();
    assertThat(told).containsExactly("first HUP", "second HUP", "third TERM");
  }

  @Test
  void shouldForgetWhoListenedBeforeACrash() {
    List<String> told = new ArrayList<>();
    Simulation.seed(1)
        .world(world -> {
          told.clear();
          Host server = world.host("server");
          server.run(() -> {
            try (SignalStream signals = SignalStream.open(OsSignal.USR1)) {
              told.add(Loop.current().name() + " " + signals.next());
            }
          });
          world
              .host("operator")
              .run(() -> {
                Fiber.sleep(SOON);
                server.crash();
                server.signal(OsSignal.USR1);
                Fiber.sleep(SOON);
                server.restart();
                Fiber.sleep(SOON);
                server.signal(OsSignal.USR1);
              });
        })
        .check();
    assertThat(told).containsExactly("server USR1");
  }
}
