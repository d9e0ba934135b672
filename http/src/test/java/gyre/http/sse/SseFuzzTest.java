package gyre.http.sse;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.Loop;
import gyre.io.ByteQueue;

/**
 * Whatever a server sends, in whatever pieces: the same events, and no failure but that one is too
 * large. Run by {@code JAZZER_FUZZ=1 mvn -pl core,http test -Dtest=SseFuzzTest}.
 */
class SseFuzzTest {
  private static final int LIMIT_BYTES = 200;

  @FuzzTest(maxDuration = "2m")
  void shouldFindTheSameEventsInWhateverPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, 50);
    byte[] bytes = data.consumeRemainingAsBytes();
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        String whole = decode(bytes, 1 << 20);
        String pieces = decode(bytes, piece);
        if (!whole.equals(pieces)) {
          throw new AssertionError(whole + "\nbut in pieces\n" + pieces);
        }
      });
    }
  }

  private static String decode(byte[] bytes, int piece) {
    SseDecoder decoder = new SseDecoder(LIMIT_BYTES);
    decoder.begin();
    StringBuilder events = new StringBuilder();
    try (ByteQueue in = ByteQueue.create()) {
      for (int from = 0; from < bytes.length; from += piece) {
        in.append(bytes, from, Math.min(piece, bytes.length - from));
        SseDecoder.Outcome outcome = decoder.decode(in);
        while (outcome == SseDecoder.Outcome.EVENT) {
          events.append(decoder.event()).append('\n');
          outcome = decoder.decode(in);
        }
        if (outcome == SseDecoder.Outcome.TOO_LARGE) {
          return events + "too large";
        }
      }
    }
    return events.toString();
  }
}
