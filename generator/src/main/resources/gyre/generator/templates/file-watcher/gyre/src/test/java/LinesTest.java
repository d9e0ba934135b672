import static org.junit.jupiter.api.Assertions.assertEquals;

import gyre.file.WatchEvent;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LinesTest {
  private final Lines lines = new Lines(Path.of("/there"));

  @Test
  void shouldTellPathsBelowTheDirectory() {
    assertEquals("created a/b", lines.of(new WatchEvent.Created(Path.of("/there/a/b"), false)));
    assertEquals(
        "moved a to b",
        lines.of(new WatchEvent.Moved(Path.of("/there/a"), Path.of("/there/b"), false)));
  }

  @Test
  void shouldKeepANameWithALineFeedOnOneLine() {
    assertEquals("deleted a\\nb", lines.of(new WatchEvent.Deleted(Path.of("/there/a\nb"), false)));
  }
}
