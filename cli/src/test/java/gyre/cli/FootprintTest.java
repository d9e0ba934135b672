package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.engine.Engine;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jctools.queues.MessagePassingQueue;
import org.junit.jupiter.api.Test;

/**
 * Holds what a server has to carry, with files, children, terminals, channels, locks, codecs, a
 * pool and a resolver included: it grows unnoticed otherwise.
 */
class FootprintTest {
  private static final long LIMIT_BYTES = 2_000_000;

  @Test
  void shouldKeepTheJarsSmall() throws Exception {
    Path core = origin(Engine.class);
    assumeTrue(Files.isRegularFile(core), "core is packed by mvn verify, not by mvn test");
    long bytes = Files.size(core) + Files.size(origin(MessagePassingQueue.class));
    assertThat(bytes).isBetween(500_000L, LIMIT_BYTES);
  }

  private static Path origin(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
