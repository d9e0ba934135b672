package gyre.http.websocket;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.http.websocket.Frames.Reader;

/**
 * Whatever comes, in whatever pieces: the same is understood, and the worst is a refusal. Run by
 * {@code JAZZER_FUZZ=1 mvn -pl core,http test -Dtest=FrameParserFuzzTest}.
 */
class FrameParserFuzzTest {
  private static final int LIMIT_BYTES = 4096;

  @FuzzTest(maxDuration = "2m")
  void shouldUnderstandTheSameInWhateverPieces(FuzzedDataProvider data) {
    boolean expectsMask = data.consumeBoolean();
    int piece = data.consumeInt(1, 50);
    byte[] bytes = data.consumeRemainingAsBytes();
    Reader whole = new Reader(expectsMask, true, LIMIT_BYTES).feed(bytes, 0, bytes.length);
    Reader pieces = new Reader(expectsMask, true, LIMIT_BYTES);
    for (int from = 0; from < bytes.length; from += piece) {
      pieces.feed(bytes, from, Math.min(bytes.length, from + piece));
    }
    if (!whole.events().equals(pieces.events())) {
      throw new AssertionError(whole.events() + "\nbut in pieces\n" + pieces.events());
    }
  }
}
