package gyre.http;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogFileTest {
  @Test
  void shouldSayWhyItCannotBeOpened(@TempDir Path folder) {
    Path nowhere = folder.resolve("none").resolve("log");
    assertThatThrownBy(() -> AccessLogFile.open(nowhere))
        .hasMessage("open the access log " + nowhere + ": ENOENT (no such directory)");
    assertThatThrownBy(() -> AccessLogFile.open(folder))
        .hasMessageStartingWith("open the access log " + folder + ": ")
        .hasMessageNotContaining(folder + ": " + folder);
  }
}
