package gyre.engine;

import gyre.engine.epoll.EpollEngine;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class EpollConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return EpollEngine.open(options);
  }
}
