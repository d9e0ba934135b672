package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The list of what a strict server accepts and refuses, whole and in pieces. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ProbeTest {
  static List<Probe> probes() {
    return Probe.all();
  }

  @ParameterizedTest
  @MethodSource("probes")
  void shouldAnswerAsTheRuleSays(Probe probe) {
    assertThat(RequestReader.of(probe.bytes()).outcome()).isEqualTo(probe.expected());
  }

  @ParameterizedTest
  @MethodSource("probes")
  void shouldUnderstandTheSameInWhateverPieces(Probe probe) {
    byte[] bytes = probe.bytes();
    RequestReader whole = RequestReader.of(bytes);
    for (int cut = 0; cut <= bytes.length; cut++) {
      RequestReader inTwo = new RequestReader(HttpLimits.defaults());
      inTwo.feed(bytes, 0, cut);
      inTwo.feed(bytes, cut, bytes.length);
      assertSame(inTwo, whole, "cut at " + cut);
    }
    RequestReader single = new RequestReader(HttpLimits.defaults());
    for (int i = 0; i < bytes.length; i++) {
      single.feed(bytes, i, i + 1);
    }
    assertSame(single, whole, "byte by byte");
  }

  private static void assertSame(RequestReader actual, RequestReader expected, String how) {
    assertThat(actual.outcome()).as(how).isEqualTo(expected.outcome());
    assertThat(actual.details()).as(how).isEqualTo(expected.details());
  }

  @Test
  void shouldHaveAtLeast200CasesWithNamesOfTheirOwn() {
    assertThat(Probe.all().stream().map(Probe::id).distinct().count())
        .isEqualTo(Probe.all().size())
        .isGreaterThan(200);
  }

  @Test
  void shouldAnswerRandomBytesWithADocumentedRefusalAtMost() {
    Random random = new Random(19);
    List<Probe> probes = Probe.all();
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = probes.get(random.nextInt(probes.size())).bytes();
      for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      RequestReader whole = RequestReader.of(bytes);
      RequestReader pieces = new RequestReader(HttpLimits.defaults());
      int from = 0;
      while (from < bytes.length) {
        int to = Math.min(bytes.length, from + 1 + random.nextInt(9));
        pieces.feed(bytes, from, to);
        from = to;
      }
      assertSame(pieces, whole, "round " + round);
      assertThat(whole.outcome()).matches("((ok|more|4\\d\\d|5\\d\\d) ?)*");
    }
  }
}
