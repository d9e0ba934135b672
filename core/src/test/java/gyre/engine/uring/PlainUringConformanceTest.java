package gyre.engine.uring;

import gyre.engine.Engine;
import gyre.engine.EngineConformance;
import gyre.engine.EngineOptions;
import java.util.EnumSet;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Without anything that a kernel may lack. */
@EnabledOnOs(OS.LINUX)
class PlainUringConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return UringEngine.open(
        UringOptions.defaults().within(options).without(EnumSet.allOf(Feature.class)));
  }
}
