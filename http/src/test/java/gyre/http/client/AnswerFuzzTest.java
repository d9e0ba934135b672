package gyre.http.client;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.Loop;
import gyre.http.wire.AnswerReader;

/**
 * Whatever a server sends, in whatever pieces: the same is understood, and the worst is a refusal.
 * Run by {@code JAZZER_FUZZ=1 mvn -pl core,http test -Dtest=AnswerFuzzTest}.
 */
class AnswerFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void shouldUnderstandTheSameInWhateverPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, 50);
    boolean isEnded = data.consumeBoolean();
    AnswerReader.Asked asked = data.pickValue(AnswerReader.Asked.values());
    byte[] bytes = data.consumeRemainingAsBytes();
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        String whole = Answer.outcome(bytes, asked, isEnded, 1 << 20);
        String pieces = Answer.outcome(bytes, asked, isEnded, piece);
        // How much is left depends on when one stops to look.
        if (!whole.replaceFirst("\\+\\d+$", "").equals(pieces.replaceFirst("\\+\\d+$", ""))) {
          throw new AssertionError(whole + "\nbut in pieces\n" + pieces);
        }
      });
    }
  }
}
