package gyre.engine.uring;

import gyre.engine.Engine;
import gyre.engine.EngineConformance;
import gyre.engine.EngineOptions;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** With all that this kernel offers. */
@EnabledOnOs(OS.LINUX)
class UringConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return UringEngine.open(UringOptions.defaults().within(options));
  }
}
