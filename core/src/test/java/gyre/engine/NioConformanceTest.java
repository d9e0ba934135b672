package gyre.engine;

import gyre.engine.nio.NioEngine;
import java.util.EnumSet;
import java.util.Set;

class NioConformanceTest extends EngineConformance {
  @Override
  protected Engine openEngine(EngineOptions options) {
    return NioEngine.open(options);
  }

  @Override
  protected Set<Capability> missing() {
    return EnumSet.of(
        Capability.UNIX_DATAGRAMS, Capability.ABSTRACT_NAMES, Capability.KERNEL_DESCRIPTORS);
  }
}
