package gyre.http.websocket;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gyre.io.ByteQueue;

/**
 * Whatever is inflated, no more comes out than may. Run by {@code JAZZER_FUZZ=1 mvn -pl core,http
 * test -Dtest=InflatingFuzzTest}.
 */
class InflatingFuzzTest {
  private static final int LIMIT_BYTES = 4096;

  @FuzzTest(maxDuration = "1m")
  void shouldInflateOrRefuse(FuzzedDataProvider data) {
    byte[] bytes = data.consumeRemainingAsBytes();
    Inflating inflating = new Inflating(new byte[64], new byte[64]);
    try (ByteQueue source = ByteQueue.create();
        ByteQueue target = ByteQueue.create()) {
      source.append(bytes);
      FrameProblem problem = inflating.inflate(source, target, LIMIT_BYTES, 100);
      if (target.size() > LIMIT_BYTES || !source.isEmpty()) {
        throw new AssertionError(problem + ": " + target.size() + " bytes came out");
      }
    } finally {
      inflating.close();
    }
  }
}
