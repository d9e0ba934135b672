package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.balancer.Standby.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether a role that was written down counts where it is read again. */
@Timeout(60)
final class RoleFileTest {
  @TempDir private Path directory;

  private static <T extends @org.jspecify.annotations.Nullable Object> T inFiber(Callable<T> work) {
    try (Loop loop = Loop.open()) {
      return loop.run(work);
    }
  }

  /** What a kernel says of itself, with numbers that a test has chosen. */
  private Path proc(String boot, int network, int processes, int start) throws IOException {
    Path proc = Files.createTempDirectory(directory, "proc");
    Path random = Files.createDirectories(proc.resolve("sys/kernel/random"));
    Files.writeString(random.resolve("boot_id"), boot + "\n");
    Path spaces = Files.createDirectories(proc.resolve("self/ns"));
    Files.createSymbolicLink(spaces.resolve("net"), Path.of("net:[" + network + "]"));
    Files.createSymbolicLink(spaces.resolve("pid"), Path.of("pid:[" + processes + "]"));
    Files.writeString(
        Files.createDirectories(proc.resolve("1")).resolve("stat"),
        "1 (a) b (c) S" + " 0".repeat(18) + " " + start + " 99 98\n");
    return proc;
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "the same instance,                              a, 1, 1, 1, ACTIVE",
    "the machine was booted,                         b, 1, 1, 1, PASSIVE",
    "a new container in a network of its own,        a, 2, 2, 2, PASSIVE",
    "the same container with a new network,          a, 2, 1, 1, PASSIVE",
    "a new container in the network of its host,     a, 1, 2, 2, TAKING",
    "a new container with the numbers of the old one, a, 1, 1, 2, TAKING",
  })
  void shouldCountWhereWhatWasTakenIsStillThere(
      String what, String boot, int network, int processes, int start, Role expected)
      throws IOException {
    Path file = directory.resolve("role");
    Path before = proc("a", 1, 1, 1);
    Path now = proc(boot, network, processes, start);
    assertThat(inFiber(() -> new RoleFile(file, before).write(Role.ACTIVE))).isNull();
    assertThat(inFiber(() -> new RoleFile(file, now).read())).as(what).isEqualTo(expected);
    assertThat(inFiber(() -> new RoleFile(file, before).write(Role.PASSIVE))).isNull();
    assertThat(inFiber(() -> new RoleFile(file, now).read())).as(what).isEqualTo(Role.PASSIVE);
  }

  @Test
  void shouldBeUnknownWhereItIsSomethingElse() throws IOException {
    Path file = directory.resolve("role");
    RoleFile role = new RoleFile(file, proc("a", 1, 1, 1));
    assertThat(inFiber(role::read)).isEqualTo(Role.PASSIVE);
    for (String text : new String[] {"ACTIVE boot", "LOST a net:[1] pid:[1]@1", "x"}) {
      Files.writeString(file, text);
      assertThat(inFiber(role::read)).as(text).isNull();
    }
  }

  /** Of the kernel that runs this, or of none that has a /proc. */
  @Test
  void shouldKnowThisInstanceAgain() {
    RoleFile role = new RoleFile(directory.resolve("role"));
    RoleFile nowhere = new RoleFile(directory.resolve("other"), directory.resolve("no-proc"));
    for (RoleFile each : new RoleFile[] {role, nowhere}) {
      assertThat(inFiber(() -> each.write(Role.ACTIVE))).isNull();
      assertThat(inFiber(each::read)).isEqualTo(Role.ACTIVE);
    }
  }
}
