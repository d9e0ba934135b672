package gyre.http;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Whatever comes, in whatever pieces: the same is understood, and the worst is a refusal. Run by
 * {@code JAZZER_FUZZ=1 mvn -pl core,http test -Dtest=HttpFuzzTest}.
 */
class HttpFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void shouldUnderstandTheSameInWhateverPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, 50);
    byte[] bytes = data.consumeRemainingAsBytes();
    RequestReader whole = RequestReader.of(bytes);
    RequestReader pieces = new RequestReader(HttpLimits.defaults());
    for (int from = 0; from < bytes.length; from += piece) {
      pieces.feed(bytes, from, Math.min(bytes.length, from + piece));
    }
    if (!whole.details().equals(pieces.details()) || !whole.outcome().equals(pieces.outcome())) {
      throw new AssertionError(whole.details() + "\nbut in pieces\n" + pieces.details());
    }
  }
}
