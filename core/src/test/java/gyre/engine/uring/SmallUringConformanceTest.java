package gyre.engine.uring;

import gyre.engine.Engine;
import gyre.engine.EngineConformance;
import gyre.engine.EngineOptions;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** With rings and buffers so small that they are full and empty all the time. */
@EnabledOnOs(OS.LINUX)
class SmallUringConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return UringEngine.open(
        UringOptions.defaults()
            .submissionEntries(8)
            .completionEntries(16)
            .bufferBytes(4096)
            .fixedBufferBytes(1024)
            .buffersInitial(1)
            .bufferLimitBytes(32 * 1024)
            .datagramLimitBytes(128 * 1024)
            .poolLimitBytes(8L << 20));
  }
}
