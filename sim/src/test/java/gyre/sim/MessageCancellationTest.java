package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.io.Codec;
import gyre.io.IoException;
import gyre.io.MessageStream;
import gyre.io.codec.Framing;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Faults;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cancels receives and sends of messages at every moment of a run: no message is lost, doubled or
 * cut, on either side.
 */
@Timeout(120)
class MessageCancellationTest {
  private static final int MESSAGES = 60;
  private static final int MOMENTS = 60;
  private static final Duration STEP = Duration.ofNanos(230_000);
  private static final StreamOptions SMALL =
      StreamOptions.defaults().inputLimitBytes(1024).outputLimitBytes(1024);
  private static final Codec<String, String> CODEC =
      Framing.lengthPrefix(2, 1000).text(StandardCharsets.UTF_8);

  private static String message(int number) {
    return number + "x".repeat(number * 53 % 900);
  }

  @Test
  void shouldLoseNoMessageWheneverOneSideIsCancelled() {
    int[] cuts = {0};
    for (Faults faults : List.of(Faults.none(), Faults.timing())) {
      for (int i = 0; i < MOMENTS; i++) {
        Duration moment = STEP.multipliedBy(i).plusNanos(1);
        boolean isSender = i % 2 == 0;
        Simulation.seed(i)
            .faults(faults)
            .limit(Duration.ofMinutes(10))
            .world(world -> {
              world.host("receiver").run(() -> receive(isSender ? Duration.ZERO : moment, cuts));
              world.host("sender").run(() -> send(isSender ? moment : Duration.ZERO, cuts));
            })
            .check();
      }
    }
    assertThat(cuts[0]).as("some are cut").isPositive();
  }

  /** Cancelled once, and goes on afterwards with the next. */
  private static void send(Duration moment, int[] cuts) throws Exception {
    try (MessageStream<String, String> out = MessageStream.over(connect(), CODEC)) {
      List<String> left =
          new ArrayList<>(
              IntStream.range(0, MESSAGES).mapToObj(MessageCancellationTest::message).toList());
      if (!moment.isZero()) {
        try {
          Cancellation.within(moment, () -> sendAll(out, left));
        } catch (DeadlineExceededException e) {
          cuts[0]++;
        }
      }
      sendAll(out, left);
      out.shutdownOutput();
      assertThat(out.receive()).isEqualTo("done");
    }
  }

  /** One that is cancelled is taken all the same. */
  private static void sendAll(MessageStream<String, String> out, List<String> left) {
    while (!left.isEmpty()) {
      out.send(left.removeFirst());
    }
  }

  private static void receive(Duration moment, int[] cuts) throws Exception {
    ListenOptions options = ListenOptions.defaults().stream(SMALL);
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000, options);
        MessageStream<String, String> in = MessageStream.over(listener.accept(), CODEC)) {
      List<String> received = new ArrayList<>();
      if (!moment.isZero()) {
        try {
          Cancellation.within(moment, () -> receiveAll(in, received));
        } catch (DeadlineExceededException e) {
          cuts[0]++;
        }
      }
      receiveAll(in, received);
      in.send("done");
      List<String> expected =
          IntStream.range(0, MESSAGES).mapToObj(MessageCancellationTest::message).toList();
      assertThat(received).isEqualTo(expected);
    }
  }

  private static void receiveAll(MessageStream<String, String> in, List<String> received) {
    for (String next = in.receive(); next != null; next = in.receive()) {
      received.add(next);
      if (received.size() % 7 == 0) {
        Fiber.sleep(Duration.ofMillis(1));
      }
    }
  }

  private static TcpStream connect() {
    for (int tries = 1; ; tries++) {
      Fiber.sleep(Duration.ofMillis(1));
      try {
        return TcpStream.connect("receiver", 7000, SMALL);
      } catch (IoException e) {
        if (tries == 100) {
          throw e;
        }
      }
    }
  }
}
