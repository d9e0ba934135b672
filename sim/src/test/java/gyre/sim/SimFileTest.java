package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Handle;
import gyre.engine.Errno;
import gyre.file.File;
import gyre.file.FileException;
import gyre.file.OpenOptions;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only a disk that fails can show of files. */
@Timeout(60)
class SimFileTest {
  private static final Path PATH = Path.of("/tmp/file");
  private static final OpenOptions NEW = OpenOptions.writing().create(true);

  /** As NFS, FUSE and quotas do: what was written is lost, and the close is the first to know. */
  @Test
  void shouldTellWhoClosesAFileThatItsCloseHasFailed() {
    Simulation.seed(1)
        .faults(Faults.none().with(Fault.FILE_ERROR, 1))
        .world(world ->
            world
                .host("one")
                .run(() -> {
                  File file = File.open(PATH, NEW);
                  assertThatThrownBy(file::close)
                      .isInstanceOfSatisfying(
                          FileException.class,
                          e -> {
                            assertThat(e.errno()).isEqualTo(Errno.EIO.number());
                            assertThat(e.operation()).isEqualTo("close");
                            assertThat(e.subject()).isEqualTo(PATH.toString());
                            assertThat(e).hasMessageContaining("may be lost");
                          });
                  assertThat(file.state()).isEqualTo(Handle.State.CLOSED);
                  file.close();
                }))
        .check();
  }
}
