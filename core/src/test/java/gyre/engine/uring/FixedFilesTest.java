package gyre.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The ring knows who sends often, and holds on to nobody who has gone. */
@EnabledOnOs(OS.LINUX)
@Timeout(30)
class FixedFilesTest {
  private static final int ENOUGH = 50;
  private static final int NOT_ENOUGH = 10;

  @Test
  void shouldGetToKnowWhoSendsOften() throws IOException {
    try (TestPair pair = TestPair.open(UringOptions.defaults())) {
      sendTimes(pair, NOT_ENOUGH);
      assertThat(known(pair)).isZero();
      sendTimes(pair, ENOUGH);
      assertThat(known(pair)).isEqualTo(1);
      pair.send(100_000);
      assertThat(pair.receiver.bytes).isEqualTo(pair.sentBytes);
    }
  }

  @Test
  void shouldEndTheConnectionOfAKnownDescriptorWhenItIsClosed() throws IOException {
    try (TestPair pair = TestPair.open(UringOptions.defaults())) {
      sendTimes(pair, ENOUGH);
      pair.engine.sockets().close(pair.sender.descriptor);
      pair.turnUntil(() -> pair.receiver.isIdle());
      assertThat(pair.receiver.result).isZero();
      assertThat(known(pair)).isZero();
    }
  }

  @Test
  void shouldEndTheConnectionOfADescriptorThatIsClosedBeforeTheRingKnowsIt() {
    try (TestPair pair = TestPair.open(UringOptions.defaults())) {
      for (int sends = 0; !startsSendWithAnotherRequest(pair); sends++) {
        assertThat(sends).isLessThan(ENOUGH);
        pair.turnUntil(() -> pair.sender.isIdle());
      }
      pair.engine.await(0); // takes the request to get to know the descriptor
      pair.engine.sockets().close(pair.sender.descriptor);
      pair.turnUntil(() -> pair.receiver.isIdle());
      assertThat(pair.receiver.result).isZero();
    }
  }

  @Test
  void shouldNotTakeTheNextOwnerOfANumberForTheLast() {
    try (UringEngine engine = UringEngine.open(UringOptions.defaults())) {
      int first = -1;
      for (int round = 0; round < 5; round++) {
        TestPair pair = TestPair.on(engine);
        engine.submit(pair.receiver);
        assertThat(first == -1 || first == pair.sender.descriptor).isTrue();
        first = pair.sender.descriptor;
        sendTimes(pair, ENOUGH);
        engine.sockets().close(pair.sender.descriptor);
        pair.turnUntil(() -> pair.receiver.isIdle());
        assertThat(pair.receiver.bytes).isEqualTo(pair.sentBytes);
        engine.sockets().close(pair.receiver.descriptor);
      }
    }
  }

  @Test
  void shouldLetGoOfADescriptorThatAnotherRingTakesOver() {
    try (TestPair pair = TestPair.open(UringOptions.defaults());
        UringEngine other = UringEngine.open(UringOptions.defaults())) {
      sendTimes(pair, ENOUGH);
      int adopted = other.sockets().adopt(pair.engine.sockets().release(pair.sender.descriptor));
      pair.turn();
      other.sockets().close(adopted);
      pair.turnUntil(() -> pair.receiver.isIdle());
      assertThat(pair.receiver.result).isZero();
    }
  }

  @Test
  void shouldDoWithout() throws IOException {
    UringOptions options = UringOptions.defaults().without(Set.of(Feature.FIXED_FILES));
    try (TestPair pair = TestPair.open(options)) {
      sendTimes(pair, 3 * ENOUGH);
      assertThat(known(pair)).isZero();
    }
  }

  private static boolean startsSendWithAnotherRequest(TestPair pair) {
    long before = pair.engine.counters().submissions;
    pair.sender.start(1);
    return pair.engine.counters().submissions - before > 1;
  }

  private static void sendTimes(TestPair pair, int times) {
    for (int i = 0; i < times; i++) {
      pair.send(1 + i);
    }
  }

  /** How many descriptors the ring's table holds, as the kernel shows it. */
  private static long known(TestPair pair) throws IOException {
    pair.turn();
    Path info = Path.of("/proc/self/fdinfo", Integer.toString(pair.engine.ringDescriptor()));
    return Files.readAllLines(info).stream()
        .dropWhile(line -> !line.startsWith("UserFiles:"))
        .skip(1)
        .takeWhile(line -> !line.startsWith("UserBufs:"))
        .filter(line -> !line.contains("<none>"))
        .count();
  }
}
