package gyre.engine;

import gyre.engine.nio.NioEngine;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;

@Tag("denied-native-access")
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
