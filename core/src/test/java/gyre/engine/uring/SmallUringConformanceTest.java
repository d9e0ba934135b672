package gyre.engine.uring;

import gyre.engine.Engine;
import gyre.engine.EngineConformance;
import gyre.engine.EngineOptions;
import java.util.Set;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** With rings and buffers so small that they are full and empty all the time. */
@EnabledOnOs(OS.LINUX)
class SmallUringConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return UringEngine.open(
        new UringOptions(8, 16, 4096, 1024, 1, 32 * 1024, 128 * 1024, 8L << 20, Set.of()));
  }
}
