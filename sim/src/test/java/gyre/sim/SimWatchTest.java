package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Scope;
import gyre.engine.CloseFile;
import gyre.engine.FileFlags;
import gyre.engine.OpenFile;
import gyre.file.WatchEvent;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import gyre.spi.Resource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watchers of simulated disks. */
@Timeout(60)
class SimWatchTest {
  /** Creates an empty file, by the operations of the engine. */
  private static final class Creation extends Resource {
    private int pending = 1;

    private final CloseFile closing =
        new CloseFile() {
          @Override
          public void ended(int result) {
            pending = 0;
            closeSoon();
          }
        };

    private final OpenFile opening =
        new OpenFile() {
          @Override
          public void ended(int result) {
            assertThat(result).isNotNegative();
            closing.descriptor = result;
            engine().submit(closing);
          }
        };

    private Creation(String path) {
      super(Scope.current());
      opening.path = path.getBytes(StandardCharsets.UTF_8);
      opening.flags = FileFlags.O_WRONLY | FileFlags.O_CREAT | FileFlags.O_EXCL;
      engine().submit(opening);
    }

    static void of(String path) {
      Creation ignored = new Creation(path);
    }

    @Override
    public String kind() {
      return "creation";
    }

    @Override
    public int pendingOperations() {
      return pending;
    }

    @Override
    protected void closing() {
      released();
    }

    @Override
    protected void aborting() {}
  }

  @Test
  void shouldTellOfWhatIsCreatedOnTheDiskOfItsHost() {
    List<WatchEvent> told = new ArrayList<>();
    Simulation.seed(1)
        .world(world -> {
          told.clear();
          world
              .host("one")
              .run(() -> {
                WatchOptions often =
                    WatchOptions.defaults().recursive(true).pollInterval(Duration.ofMillis(50));
                try (Watcher watcher = Watcher.open(Path.of("/tmp"), often)) {
                  Creation.of("/tmp/file");
                  told.add(watcher.next());
                }
              });
          world
              .host("other")
              .run(() -> {
                try (Scope scope = Scope.open("other")) {
                  assertThat(scope.name()).isEqualTo("other");
                  Creation.of("/tmp/elsewhere");
                  Fiber.sleep(Duration.ofMillis(100));
                }
              });
        })
        .check();
    assertThat(told).containsExactly(new WatchEvent.Created(Path.of("/tmp/file"), false));
  }
}
