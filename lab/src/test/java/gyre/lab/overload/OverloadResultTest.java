package gyre.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import gyre.lab.OverloadOptions;
import gyre.lab.WrongInputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class OverloadResultTest {
  private static final OverloadOptions OPTIONS =
      new OverloadOptions(
          OverloadOptions.ENGINES,
          1500,
          400,
          200,
          Duration.ofSeconds(95),
          Duration.ofSeconds(10),
          0,
          false);

  private final JsonObject counters =
      JsonObject.builder().value("usedPeak", 40L << 20).value("limit", 48L << 20).done();

  private final JsonObject clients =
      JsonObject.builder()
          .value("smallServed", 900)
          .value("smallMaxNanos", 30_000_000L)
          .value("largeServed", 9)
          .value("largeMaxNanos", 80_000_000_000L)
          .done();

  private final List<LogLine> log =
      new ArrayList<>(
          List.of(
              new LogLine(2_000, "WARNING memory is tight"),
              new LogLine(62_000, "WARNING memory: in 60 s"),
              new LogLine(97_000, "WARNING memory: calm again")));

  private long calmMillis = 100;

  private List<String> broken() {
    OverloadResult result =
        new OverloadResult(
            "nio", counters, counters, counters, clients, log, calmMillis, List.of());
    assertThat(result.report(OPTIONS)).contains("honest small", log.getFirst().text());
    return result.promises(OPTIONS).stream()
        .filter(promise -> !promise.isKept())
        .map(Promise::text)
        .toList();
  }

  @Test
  void shouldFindNothingWrongWithAGoodRun() {
    assertThat(broken()).isEmpty();
  }

  @Test
  void shouldFindARequestThatFailed() {
    clients.put("smallFailed", 1);
    clients.put("smallFirstFailure", "after 10000 ms: timed out");
    assertThat(broken()).singleElement().asString().contains("100 bytes");
  }

  @Test
  void shouldFindARequestThatTookTooLong() {
    clients.put("smallMaxNanos", 10_100_000_000L);
    assertThat(broken()).singleElement().asString().contains("100 bytes");
  }

  @Test
  void shouldFindAWrongAnswer() {
    clients.put("largeWrong", 1);
    assertThat(broken()).singleElement().asString().contains("100,000 bytes");
  }

  @Test
  void shouldFindAClientThatWasNeverServed() {
    clients.put("largeServed", 0);
    assertThat(broken()).singleElement().asString().contains("gets its turn");
  }

  @Test
  void shouldFindMemoryAboveItsLimit() {
    counters.put("usedPeak", 49L << 20);
    assertThat(broken()).singleElement().asString().contains("memory stays");
  }

  @Test
  void shouldNotTakeCountersThatAreMissingForGood() {
    counters.remove("usedPeak");
    counters.remove("limit");
    assertThat(broken()).singleElement().asString().contains("memory stays");
  }

  @Test
  void shouldFindWhatGrowsWithEachAttack() {
    assertThat(grown("descriptors", 40, 40, 40)).isEmpty();
    assertThat(grown("descriptors", 40, 60, 60)).isEmpty(); // a pool that had to grow
    assertThat(grown("descriptors", 40, 45, 50)).isEmpty(); // of no kind of peer each
    assertThat(grown("descriptors", 40, 60, 80))
        .contains("descriptors grew")
        .contains("40, 60, 80");
    assertThat(grown("live gyre.net.TcpStream", 0, 20, 40)).contains("gyre.net.TcpStream");
    assertThat(grown("heapBytes", 5_000_000, 5_100_000, 5_200_000)).isEmpty();
    assertThat(grown("heapBytes", 5_000_000, 5_200_000, 5_400_000)).contains("heapBytes");
    assertThat(grown("heapBytes", 0, 0, 0)).contains("does not tell");
    assertThat(grown("descriptors", 40, 40)).contains("does not tell");
  }

  /** What is said of the leak promise; empty where it was kept. */
  private String grown(String name, long... counts) {
    OverloadOptions options =
        new OverloadOptions(
            List.of("nio"), 100, 80, 20, Duration.ofSeconds(95), Duration.ofSeconds(10), 0, true);
    List<Held> held = new ArrayList<>();
    for (long count : counts) {
      Map<String, Long> all = new TreeMap<>(Map.of("descriptors", 40L, "heapBytes", 5_000_000L));
      all.put(name, count);
      held.add(new Held(all));
    }
    return new OverloadResult("nio", counters, counters, counters, clients, log, 1, List.of())
        .withHeld(held).promises(options).stream()
            .filter(promise -> !promise.isKept())
            .map(Promise::found)
            .findFirst()
            .orElse("");
  }

  @Test
  void shouldFindALogThatPeersFill() {
    log.add(new LogLine(98_000, "WARNING memory is tight"));
    assertThat(broken()).singleElement().asString().contains("fill the log");
  }

  @Test
  void shouldFindAnErrorInTheLog() {
    log.set(1, new LogLine(62_000, "SEVERE java.lang.AssertionError"));
    assertThat(broken()).singleElement().asString().contains("fill the log");
  }

  @Test
  void shouldFindThatItNeverBecameCalm() {
    calmMillis = -1;
    assertThat(broken()).singleElement().asString().contains("as before");
  }

  @Test
  void shouldRefuseWhatIsNoOverload() {
    assertThatThrownBy(() ->
            new OverloadOptions(
                List.of("kqueue"), 1, 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1), 0, false))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("io_uring, epoll, nio");
    assertThatThrownBy(() ->
            new OverloadOptions(
                List.of(), -1, 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1), 0, false))
        .isInstanceOf(WrongInputException.class);
    assertThatThrownBy(() ->
            new OverloadOptions(List.of(), 1, 1, 1, Duration.ZERO, Duration.ofSeconds(1), 0, false))
        .isInstanceOf(WrongInputException.class);
  }
}
