package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code gyre}, with a Maven that builds nothing. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(60)
final class LauncherTest {
  private static final Path SCRIPT = Path.of("..", "gyre");

  @TempDir private Path directory;
  private Path root;
  private Path temporary;
  private Path maven;

  @BeforeEach
  void makeSourceTree() throws IOException {
    assumeTrue(Files.exists(SCRIPT), "needs the source tree");
    root = Files.createDirectory(directory.resolve("tree"));
    temporary = Files.createDirectory(directory.resolve("tmp"));
    Files.copy(SCRIPT, root.resolve("gyre"), LinkOption.NOFOLLOW_LINKS);
    Files.createFile(root.resolve("pom.xml"));
    maven = directory.resolve("maven");
    Files.createDirectories(maven.resolve("bin"));
  }

  /**
   * @param body what Maven does
   */
  private Process start(String body, String... arguments) throws Exception {
    Path program = maven.resolve("bin").resolve("mvn");
    Files.writeString(program, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    String[] command = new String[arguments.length + 2];
    command[0] = "bash";
    command[1] = root.resolve("gyre").toString();
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile());
    builder.environment().put("TMPDIR", temporary.toString());
    builder.environment().put("MAVEN_HOME", maven.toString());
    builder.environment().put("GYRE_JAVA_HOME", System.getProperty("java.home"));
    return builder.start();
  }

  private Path makeFifo(String name) throws Exception {
    Path fifo = directory.resolve(name);
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    return fifo;
  }

  /** For both directions, so that opening it waits for nobody. */
  private static FileChannel open(Path fifo) throws IOException {
    return FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Test
  void shouldLeaveNothingBehindWhenABuildIsInterrupted() throws Exception {
    Path started = makeFifo("started");
    Path end = makeFifo("end");
    for (String command : new String[] {"serve", "test"}) {
      try (FileChannel starts = open(started);
          FileChannel ends = open(end)) {
        Process script = start("echo > " + started + "\nread _ < " + end + "\n", command);
        assertThat(starts.read(ByteBuffer.allocate(1))).isEqualTo(1);
        assertThat(temporary).as("what is to be gone").isNotEmptyDirectory();
        script.destroy();
        assertThat(ends.write(ByteBuffer.wrap(new byte[] {'\n'}))).isEqualTo(1);
        assertThat(script.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(script.exitValue()).isEqualTo(143);
        assertThat(temporary).isEmptyDirectory();
      }
    }
  }

  @Test
  void shouldSayWhyABuildFailed() throws Exception {
    Process script = start("echo 'COMPILATION ERROR : no such thing'; exit 1\n", "serve");
    assertThat(script.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).isEqualTo(1);
    assertThat(directory.resolve("output"))
        .content()
        .contains("no such thing", "the build failed; what is wrong stands above");
    assertThat(temporary).isEmptyDirectory();
  }
}
