package gyre.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.profile.ProcessFindings.Sight;
import gyre.lab.profile.ProcessFindings.ThreadShare;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessProfileTest {
  private static final long SECOND = 1_000_000_000;

  private static ProcessFindings findings(
      double kernelShare, double cores, double ran, double delayed) {
    return findings(kernelShare, cores, ran, delayed, Family.Use.NONE);
  }

  private static ProcessFindings findings(
      double kernelShare, double cores, double ran, double delayed, Family.Use children) {
    Threads.Times times =
        new Threads.Times(7, "loop-0", (long) (ran * SECOND), (long) (delayed * SECOND), 1, 1, 1);
    OffCpu offCpu =
        new OffCpu(
            Optional.of(times), List.of(new WaitPlaces.Place("for completions", 1)), 0, SECOND);
    Frames frames = Frames.parse(List.of("main;gyre/Loop.turn;tcp_ack_[k] 3", "main;work 1"));
    return new ProcessFindings(
        "process 7",
        kernelShare,
        cores,
        List.of(new ThreadShare("loop-0", ran, delayed)),
        new Sight(frames, offCpu, new CallCounts(Map.of("read", 30L))),
        "perf",
        2,
        children,
        List.of("a remark"));
  }

  @Test
  void shouldSayWhatLimitsAProcess() {
    assertThat(findings(0.2, 0.95, 0.95, 0).verdict()).startsWith("user-bound: 80.0 %");
    assertThat(findings(0.7, 0.95, 0.95, 0).verdict()).startsWith("syscall-bound: 70.0 %");
    assertThat(findings(0.7, 0.5, 0.5, 0).verdict()).startsWith("waiting: ");
    assertThat(findings(0.7, 0.5, 0.5, 0.3).verdict()).startsWith("disturbed: ");
    assertThat(findings(0.7, 0.001, 0.001, 0).verdict()).startsWith("idle: ");
    assertThat(findings(Double.NaN, 0.95, 0.95, 0).verdict()).startsWith("busy: ");
  }

  @Test
  void shouldSayThatTheWorkIsDoneByChildren() {
    ProcessFindings script = findings(0.7, 0.001, 0.001, 0, new Family.Use(3, 0.9, 77, "cc1"));
    assertThat(script.verdict())
        .startsWith("elsewhere: ")
        .contains("90.0 %, most of it process 77 (cc1)");
    assertThat(script.text()).contains("cores used by processes that it has started, of which 3");
    assertThat(script.json()).contains("\"children\":{\"seen\":3");
    assertThat(findings(0.2, 0.95, 0.95, 0, new Family.Use(1, 0.1, 77, "log")).verdict())
        .startsWith("user-bound");
    assertThat(findings(0.2, 0.001, 0.001, 0, new Family.Use(0, 0.5, 0, "")).verdict())
        .contains("had ended before they were seen");
  }

  private static void process(Path proc, long pid, String children, long... ticks)
      throws IOException {
    Path task = proc.resolve(pid + "/task/" + pid);
    Files.createDirectories(task);
    Files.writeString(task.resolve("children"), children);
    Files.writeString(
        proc.resolve(pid + "/stat"),
        "%d (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 %d 0 %d 0 20 0 1 0 1 1 1"
            .formatted(pid, ticks[0], ticks.length > 1 ? ticks[1] : 0));
  }

  @Test
  void shouldCountWhatChildrenUseThatLiveComeAndEnd(@TempDir Path proc) throws IOException {
    process(proc, 7, "8 9 ", 1000, 30);
    process(proc, 8, "10 ", 500);
    process(proc, 9, "", 40);
    process(proc, 10, "", 100);
    Family family = new Family(proc, 7);
    assertThat(family.use(1).cores()).isZero();
    process(proc, 8, "10 11 ", 510); // works
    process(proc, 10, "", 150); // a grandchild that works more
    process(proc, 11, "", 25); // one that has come
    Files.delete(proc.resolve("9/stat")); // one that has ended, and 7 has waited for it
    Files.delete(proc.resolve("9/task/9/children"));
    Files.delete(proc.resolve("9/task/9"));
    Files.delete(proc.resolve("9/task"));
    Files.delete(proc.resolve("9"));
    process(proc, 7, "8 ", 1000, 30 + 45);
    Family.Use use = family.use(2);
    assertThat(use.cores()).isEqualTo((10 + 50 + 25 + 45) / 100.0 / 2);
    assertThat(use.seen()).isEqualTo(4);
    assertThat(use.busiest()).isEqualTo(10);
    assertThat(use.name()).isEqualTo("a ) b");
  }

  @Test
  void shouldPrintAllThatWasFound() throws JsonParserException {
    ProcessFindings findings = findings(0.2, 0.95, 0.95, 0);
    assertThat(findings.text())
        .contains("75.0 %  gyre → kernel", "loop-0", "of that for completions")
        .contains("15  a second: read", "note: a remark");
    JsonObject json = JsonParser.object().from(findings.json());
    assertThat(json.getObject("calls_per_second").getDouble("read")).isEqualTo(15);
    assertThat(json.getArray("hottest").getObject(0).getString("name")).isEqualTo("tcp_ack");
  }

  @Test
  void shouldNotTakeWhatAnEarlierLookHasLeft(@TempDir Path folder) throws IOException {
    for (String name : List.of("stacks.txt", "calls.txt", "flames.html")) {
      Files.writeString(folder.resolve(name), "main;of.another.process 7");
    }
    assertThat(new Looking(null, folder).flames(1, () -> {})).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void shouldNotCallIdleWhatHasEnded() {
    ProcessFindings busy = findings(0.2, 0, 0, 0);
    ProcessFindings ended =
        new ProcessFindings(
            "process 7",
            Double.NaN,
            0,
            List.of(),
            busy.sight(),
            "perf",
            2,
            Family.Use.NONE,
            List.of());
    assertThat(busy.verdict()).startsWith("idle: ");
    assertThat(ended.verdict()).startsWith("ended: ");
  }

  @Test
  void shouldReadStacksOfPerf() {
    Frames frames =
        PerfStacks.parse(
            List.of(
                "loop-0 ",
                "\tffffffff8152a9fd tcp_ack",
                "\t    7fb62684ec51 main;x",
                "",
                "loop-0 ",
                "\t    7fb62684ec51 main;x",
                ""));
    assertThat(frames.stacks())
        .containsEntry("loop-0;main,x;tcp_ack_[k]", 1L)
        .containsEntry("loop-0;main,x", 1L);
    assertThat(PerfStacks.kernelShare(frames)).isEqualTo(0.5);
    assertThat(PerfStacks.kernelShare(PerfStacks.parse(List.of()))).isNaN();
  }

  @Test
  void shouldReadTicksOfAProcessWithAStrangeName() {
    String stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 55 66 0 0 20 0 1 0 1 1 1";
    assertThat(ProcessProfile.ticks(stat)).containsExactly(55, 66);
    assertThat(ProcessProfile.kernelShare(new long[] {0, 0}, new long[] {55, 45})).isEqualTo(0.45);
    assertThat(ProcessProfile.kernelShare(new long[] {0, 0}, new long[] {1, 1})).isNaN();
  }

  @Test
  void shouldDrawStacksWithoutTrustingTheirNames() {
    Frames frames = Frames.parse(List.of("main;<script>;read_[k] 3", "main;java/lang/X.y 1"));
    assertThat(FlameGraph.html("a & b", frames))
        .contains("a &amp; b", "&lt;script&gt;: 3 samples, 75.0 %", "class=\"kernel\"")
        .contains("class=\"java\"")
        .doesNotContain("<script>");
  }
}
