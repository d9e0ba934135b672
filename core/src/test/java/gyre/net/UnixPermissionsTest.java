package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.WatchedEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may connect to a path is settled before anybody can. */
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(30)
class UnixPermissionsTest {
  @Parameter String engine = "";

  @TempDir Path directory = Path.of("");

  private static String permissions(Path path) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldHaveItsPermissionsBeforeItListens() {
    Path path = directory.resolve("socket");
    List<String> beforeListening = new ArrayList<>();
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    watched.beforeListen(() -> beforeListening.add(permissions(path)));
    LoopOptions options = Loops.options(engine).engine(() -> watched);
    Loops.runReporting(
        options,
        () -> {
          // No umask makes these.
          ListenOptions odd = ListenOptions.defaults().permissions(0615);
          try (UnixListener listener = UnixListener.bind(path, odd)) {
            assertThat(permissions(path)).isEqualTo("rw---xr-x");
            assertThat(directory.toFile().list()).containsExactly("socket");
            Fiber<?> server = Fiber.start(() -> listener.accept().close());
            try (UnixStream stream = UnixStream.connect(path)) {
              assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
            server.join();
          }
        });
    assertThat(beforeListening).containsExactly("rw---xr-x");
    assertThat(path).doesNotExist();
  }

  @Test
  void shouldRefusePermissionsThatAreNone() {
    ListenOptions options = ListenOptions.defaults();
    for (int wrong : new int[] {-1, 01000}) {
      assertThatThrownBy(() -> options.permissions(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be from 0 to 0777");
    }
  }
}
