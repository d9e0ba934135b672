package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a whole process: it is stopped and goes on, told to end, out of descriptors. */
@Timeout(240)
class ProcessFaultTest {
  @TempDir Path directory;

  private WorkerRig rig() {
    WorkerRig rig =
        new WorkerRig(WorkerOptions.of(directory).join(true).readTimeout(Duration.ofMillis(200)));
    rig.query("CREATE TABLE t (n INTEGER)");
    return rig;
  }

  private static String insert(int number) {
    return "{\"sql\": \"INSERT INTO t VALUES (" + number + ")\"}";
  }

  private TestJvm worker(String... flags) throws IOException {
    // What starts the tests in the background may ignore HUP, and so would all that they start.
    return TestJvm.start(
        isHupIgnored() ? List.of("env", "--default-signal=HUP") : List.of(),
        List.of(flags),
        directory.resolve("output.txt"),
        FaultProcess.class,
        directory.toString());
  }

  private static boolean isHupIgnored() throws IOException {
    String status = Files.readString(Path.of("/proc/self/status"));
    int mask = status.indexOf("SigIgn:\t") + "SigIgn:\t".length();
    return (Long.parseUnsignedLong(status.substring(mask, mask + 16), 16) & 1) != 0;
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("worker.log"));
    } catch (IOException e) {
      return "";
    }
  }

  // ---- stopped, and going on

  private void goOn(TestJvm stopped) throws Exception {
    Files.createFile(directory.resolve(FaultProcess.GO_ON));
    stopped.signal("CONT");
  }

  @Test
  void shouldLeaveToAStoppedWorkerWhatItHasAndDoTheRest() throws Exception {
    try (WorkerRig rig = rig();
        TestJvm stopped = worker("-Dtest.stop=CLAIMED")) {
      rig.drop("5_1", insert(1));
      WorkerRig.awaitStart(directory);
      WorkerRig.await("it has stopped", stopped::isStopped);
      rig.drop("5_2", insert(2));
      rig.start(); // a second one beside it
      rig.awaitCompleted("5_2");
      rig.worker().wakeUp();
      assertThat(WorkerRig.names(rig.spool.processing)).containsExactly("5_1@w0");
      goOn(stopped);
      rig.awaitCompleted("5_1");
      assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1", "2");
    }
  }

  @Test
  void shouldDoNothingAgainThatWasTakenOverWhileItWasStopped() throws Exception {
    try (WorkerRig rig = rig();
        TestJvm stopped = worker("-Dtest.stop=CLAIMED")) {
      rig.drop("5_1", insert(1));
      WorkerRig.awaitStart(directory);
      WorkerRig.await("it has stopped", stopped::isStopped);
      Files.delete(rig.spool.lockFile(0)); // by somebody who takes it for dead
      rig.start();
      rig.awaitCompleted("5_1");
      goOn(stopped);
      WorkerRig.await("it finds that out", () -> log().contains("5_1@w0"));
      for (int i = 2; i < 10; i++) {
        rig.drop("5_" + i, insert(i));
        rig.awaitCompleted("5_" + i);
      }
      assertThat(rig.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
          .containsExactly("9/9");
      assertThat(stopped.isAlive()).isTrue();
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
    }
  }

  @Test
  void shouldWaitForADatabaseThatAStoppedWorkerHasLocked() throws Exception {
    try (WorkerRig rig = rig();
        TestJvm stopped = worker("-Dtest.stop=BEFORE_COMMIT")) {
      rig.drop("5_1", insert(1));
      WorkerRig.awaitStart(directory);
      WorkerRig.await("it has stopped", stopped::isStopped);
      rig.drop("5_2", insert(2));
      rig.start();
      WorkerRig.await("it says so", () -> !rig.worker().stats().trouble.isEmpty());
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
      goOn(stopped);
      rig.awaitCompleted("5_1");
      rig.awaitCompleted("5_2");
      assertThat(rig.query("SELECT n FROM t ORDER BY n")).containsExactly("1", "2");
    }
  }

  // ---- signals

  @Test
  void shouldReadItsConfigurationAtHupDrainAtTermAndEndAtASecondOne() throws Exception {
    try (WorkerRig rig = rig();
        TestJvm worker = worker("-Dtest.hup=true")) {
      WorkerRig.awaitStart(directory);
      WorkerRig.await("one at its start has ended nothing", () -> timesRead() == 1);
      assertThat(Inspection.of(directory).workers()).hasSize(1);
      rig.queue.enqueue(Job.sql("SELECT 1")).await(WorkerRig.HANG_LIMIT);
      Files.writeString(
          directory.resolve("queue.toml"),
          "[handlers.c]\nkind = \"command\"\ncommand = [\"sleep\", \"1000\"]\n");
      worker.signal("HUP");
      WorkerRig.await("it reads it", () -> timesRead() == 2);
      Enqueued job = rig.queue.enqueue(Job.of("c", ""));
      Path claimed = rig.spool.processing.resolve(job.name() + "@w0");
      WorkerRig.await("it is begun", () -> Files.exists(claimed));
      worker.signal("TERM");
      WorkerRig.await("it drains", () -> log().contains("asked to end"));
      worker.signal("TERM");
      assertThat(worker.awaitEnd()).isZero();
      assertThat(WorkerRig.names(rig.spool.pending)).containsExactly(job.name());
      assertThat(WorkerRig.names(rig.spool.processing)).isEmpty();
    }
  }

  private int timesRead() {
    return log().split("the configuration was read again", -1).length - 1;
  }

  @Test
  void shouldStartThoughTheNumberOfADeadWorkerBelongsToAnotherProcess() throws Exception {
    try (WorkerRig rig = rig()) {
      Files.writeString(rig.spool.pidFile(0), ProcessHandle.current().pid() + "\n");
      Files.writeString(rig.spool.lockFile(0), "");
      Files.writeString(rig.spool.processing.resolve("5_1@w0"), insert(1));
      rig.start();
      rig.awaitCompleted("5_1");
    }
  }

  // ---- no descriptor is left

  @Test
  void shouldDoAllOnceThereAreDescriptorsAgainAndBlameNone() throws Exception {
    Path hooks = Files.createDirectory(directory.resolve("hooks"));
    WorkerRig rig = rig();
    Files.writeString(
        directory.resolve("queue.toml"),
        "[handlers.c]\nkind = \"command\"\ncommand = [\"true\"]\nretries = 0\n");
    try (TestJvm worker =
        TestJvm.start(
            List.of("sh", "-c", "ulimit -n 150; exec \"$@\"", "sh"),
            List.of("-XX:-MaxFDLimit", "-Dtest.exhaust=" + hooks),
            directory.resolve("output.txt"),
            FaultProcess.class,
            directory.toString())) {
      WorkerRig.awaitStart(directory);
      rig.drop("5_0", insert(0));
      rig.awaitCompleted("5_0");
      Files.createDirectory(hooks.resolve("want"));
      WorkerRig.await("no descriptor is left", () -> Files.exists(hooks.resolve("full")));
      for (int i = 1; i < 6; i++) {
        rig.drop("5_" + i, insert(i));
      }
      Path first = rig.spool.pending.resolve("5_1");
      Object written = lastChange(first);
      WorkerRig.await("it was taken and given back", () -> hasChanged(first, written));
      Files.delete(hooks.resolve("want"));
      for (int i = 1; i < 6; i++) {
        rig.awaitCompleted("5_" + i);
      }
      assertThat(rig.queue.enqueue(Job.of("c", "")).await(WorkerRig.HANG_LIMIT).orElseThrow())
          .matches(JobEnd::isDone);
      assertThat(WorkerRig.names(rig.spool.failed)).isEmpty();
      assertThat(rig.query("SELECT count(*) || '/' || count(DISTINCT n) FROM t"))
          .containsExactly("6/6");
      worker.signal("TERM");
      assertThat(worker.awaitEnd()).isZero();
    }
  }

  /** Also of a file that is taken for a moment, and given back. */
  private static Object lastChange(Path file) {
    Object[] found = new Object[1];
    WorkerRig.await(
        file + " is there",
        () -> {
          try {
            found[0] = Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
            return true;
          } catch (IOException e) {
            return false;
          }
        });
    return found[0];
  }

  private static boolean hasChanged(Path file, Object written) {
    try {
      return !Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS).equals(written);
    } catch (IOException e) {
      return true;
    }
  }

  // ---- nothing can be watched

  private static final List<String> WITHOUT_WATCHES =
      List.of(
          "unshare",
          "-U",
          "-r",
          "sh",
          "-c",
          "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"",
          "sh");

  private static boolean canLimitWatches() throws Exception {
    List<String> command = new java.util.ArrayList<>(WITHOUT_WATCHES);
    command.add("true");
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldPollWhereNothingCanBeWatchedAndWatchAgainOnceItCan() throws Exception {
    assumeTrue(canLimitWatches(), "SKIPPED: no user namespace can be made here");
    Path allow = directory.resolve("allow");
    WorkerRig rig = rig();
    try (TestJvm worker =
        TestJvm.start(
            WITHOUT_WATCHES,
            List.of("-Dtest.watchlimit=" + allow),
            directory.resolve("output.txt"),
            FaultProcess.class,
            directory.toString())) {
      WorkerRig.awaitStart(directory);
      WorkerRig.await("it polls", () -> log().contains("polling from now on"));
      rig.drop("5_1", insert(1));
      rig.awaitCompleted("5_1");
      WorkerRig.await("its heartbeat says so", () -> mode().equals("polling"));
      Files.createFile(allow);
      WorkerRig.await("it watches", () -> log().contains("watching again"));
      rig.drop("5_2", insert(2));
      rig.awaitCompleted("5_2");
      WorkerRig.await("its heartbeat says so", () -> mode().equals("event"));
      assertThat(worker.isAlive()).isTrue();
    }
  }

  private String mode() {
    return Inspection.of(directory).workers().stream()
        .map(each -> String.valueOf(each.heartbeat().get("mode")))
        .findFirst()
        .orElse("");
  }
}
