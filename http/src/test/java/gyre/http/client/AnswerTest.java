package gyre.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loops;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The list of what a strict client accepts and refuses, whole and in pieces. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AnswerTest {
  @Test
  void shouldUnderstandAnswersAsTheRuleSays() {
    Loops.run(
        "nio",
        () -> {
          for (Answer each : Answer.all()) {
            assertThat(Answer.outcome(each.bytes(), each.asked(), each.isEnded(), 1 << 20))
                .as(each.id())
                .isEqualTo(each.expected());
          }
        });
  }

  @Test
  void shouldUnderstandTheSameInWhateverPieces() {
    Loops.run(
        "nio",
        () -> {
          for (Answer each : Answer.all()) {
            for (int piece = 1; piece <= 40; piece++) {
              assertThat(
                      withoutRest(
                          Answer.outcome(each.bytes(), each.asked(), each.isEnded(), piece)))
                  .as(each.id() + " in pieces of " + piece)
                  .isEqualTo(withoutRest(each.expected()));
            }
          }
        });
  }

  /** How much is left depends on when one stops to look. */
  private static String withoutRest(String outcome) {
    return outcome.replaceFirst("\\+\\d+$", "");
  }

  @Test
  void shouldHaveCasesWithNamesOfTheirOwn() {
    assertThat(Answer.all().stream().map(Answer::id).distinct().count())
        .isEqualTo(Answer.all().size())
        .isGreaterThan(70);
  }

  @Test
  void shouldTakeWhateverBytesInWhateverPiecesForTheSame() {
    Random random = new Random(19);
    List<Answer> all = Answer.all();
    Loops.run(
        "nio",
        () -> {
          for (int round = 0; round < 20_000; round++) {
            Answer from = all.get(random.nextInt(all.size()));
            byte[] bytes = from.bytes().clone();
            for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
              bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            int piece = 1 + random.nextInt(30);
            assertThat(withoutRest(Answer.outcome(bytes, from.asked(), from.isEnded(), piece)))
                .as("round " + round)
                .isEqualTo(
                    withoutRest(Answer.outcome(bytes, from.asked(), from.isEnded(), 1 << 20)));
          }
        });
  }
}
