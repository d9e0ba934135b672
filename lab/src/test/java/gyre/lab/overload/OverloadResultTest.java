package gyre.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import gyre.lab.OverloadOptions;
import gyre.lab.WrongInputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
          0);

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
        new OverloadResult("nio", counters, counters, counters, clients, log, calmMillis);
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
                List.of("kqueue"), 1, 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1), 0))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("io_uring, epoll, nio");
    assertThatThrownBy(() ->
            new OverloadOptions(
                List.of(), -1, 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1), 0))
        .isInstanceOf(WrongInputException.class);
    assertThatThrownBy(
            () -> new OverloadOptions(List.of(), 1, 1, 1, Duration.ZERO, Duration.ofSeconds(1), 0))
        .isInstanceOf(WrongInputException.class);
  }
}
