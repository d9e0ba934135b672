package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of lines that a disk does not take. */
@Timeout(60)
final class AccessLogTest {
  private static final Path FULL = Path.of("/dev/full");

  @TempDir private Path directory;

  private static AccessRecord entry() {
    return new AccessRecord(Instant.EPOCH, "web", null, null, 0, 0, 0, 0, 0, "done");
  }

  @Test
  void shouldTellOnceThatTheDiskIsFullAndOnceThatItIsNot() throws Exception {
    assumeTrue(Files.isWritable(FULL), "SKIPPED: no /dev/full here");
    Path link = Files.createSymbolicLink(directory.resolve("log"), FULL);
    List<String> told = new CopyOnWriteArrayList<>();
    try (AccessLog log = AccessLog.open(link, told::add)) {
      for (int i = 1; i <= 3; i++) {
        int lost = i;
        log.add(entry());
        Peers.until(lost + " are lost", () -> log.dropped() == lost);
      }
      Path next = Files.createSymbolicLink(directory.resolve("next"), directory.resolve("file"));
      Path ignored = Files.move(next, link, StandardCopyOption.REPLACE_EXISTING);
      log.add(entry());
      Peers.until("it is told", () -> told.size() > 1);
    }
    assertThat(told).hasSize(2);
    assertThat(told.getFirst())
        .startsWith("the access log can't be written, and loses lines until it can: ")
        .contains("No space left");
    assertThat(told.getLast()).endsWith("is written again; 3 lines were lost");
    assertThat(directory.resolve("file")).content().contains("end=done\ndropped=3\n");
  }
}
