package gyre.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.result.Entry;
import gyre.lab.result.Entry.Status;
import gyre.lab.result.Latency;
import gyre.lab.result.Machine;
import gyre.lab.result.Probe;
import gyre.lab.result.Results;
import gyre.lab.result.Sample;
import gyre.lab.result.Spread;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportsTest {
  private static final Workload ECHO = Workloads.select(List.of("echo/50x64x1")).getFirst();
  private static final Results RESULTS =
      new Results(
          new Machine("A <fast> one", 2, "Linux 6", "VM 25", 1024, "abc", "polling", true),
          "./gyre lab race echo",
          Instant.EPOCH,
          Map.of("libuv", "1.44"),
          Map.of("tokio", "no cargo"),
          List.of(
              entry("gyre-push", 4040),
              entry("c-uring", 4000),
              entry("libuv", 4400),
              entry("netty-nio", 4800),
              new Entry(
                  ECHO,
                  "",
                  "mio",
                  List.of(),
                  Probe.NONE,
                  Status.FAILED,
                  "ended with exit code 139")),
          true);

  private static Entry entry(String peer, long cpuNanos) {
    Latency latency = Latency.of(List.of(20_000L), List.of(100L));
    Sample sample =
        Sample.unplaced(1000, 10_000_000, cpuNanos * 1000, 1, Sample.UNKNOWN, 4 << 20, 0, latency);
    Probe probe = new Probe(0.01, 0.05, 0);
    List<Sample> rounds =
        List.of(sample, sample.at(new Sample.Place(new Sample.Moment(0, 1, 1), 0, false)));
    return new Entry(ECHO, "", peer, rounds, probe, Status.MEASURED, "");
  }

  @Test
  void shouldTellHowWellRatiosAreKnownToWhoComparesRaces(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("race.json"), JsonReport.of(RESULTS));
    assertThat(Agreement.of(file, file, List.of(), 5).toString())
        .contains("3 of 3 ratios agree", "Of the 3 that both runs know that well, 3 do");
  }

  @Test
  void shouldHaveTheShapeThatOthersReadAsJson() throws JsonParserException {
    JsonObject json = JsonParser.object().from(JsonReport.of(RESULTS));
    JsonObject ours = json.getArray("results").getObject(0);
    assertThat(ours.keySet())
        .contains(
            "workload",
            "variant",
            "peer",
            "opsPerSecond",
            "serverCpuNanosPerOp",
            "userNanosPerOp",
            "p50Micros",
            "p99Micros",
            "p999Micros",
            "syscallsPerOp",
            "allocatedBytesPerOp",
            "rssBytes",
            "errors",
            "samples");
    assertThat(ours.getString("workload")).isEqualTo("echo/50x64x1");
    assertThat(ours.getDouble("serverCpuNanosPerOp")).isEqualTo(4040);
    assertThat(ours.getDouble("userNanosPerOp")).isEqualTo(40.4);
    assertThat(ours.getObject("ratioToLimit").getDouble("median")).isEqualTo(1.01);
    assertThat(ours.getObject("ratioToBest").getDouble("median")).isEqualTo(0.918182);
    assertThat(json.getArray("results").getObject(4).getString("status")).isEqualTo("failed");
    assertThat(json.getObject("absent").getString("tokio")).isEqualTo("no cargo");
  }

  @Test
  void shouldShowEveryPeerInTheTableAndSayWhatFailed() {
    String table = TableReport.of(RESULTS);
    assertThat(table.lines().filter(line -> line.startsWith("  gyre-push")))
        .singleElement()
        .asString()
        .contains("4,040")
        .endsWith("1.01  0.92 (0.92–0.92)");
    assertThat(table)
        .contains("mio FAILED: ended with exit code 139")
        .contains("tokio: no cargo")
        .contains("The cores were kept awake by polling.");
  }

  @Test
  void shouldSayHowMuchWasDisturbed() throws JsonParserException {
    Entry entry = RESULTS.entries().getFirst();
    Sample calm = entry.samples().getFirst();
    Sample disturbed = calm.at(new Sample.Place(new Sample.Moment(0, 1, 1), 0, true));
    Results results =
        new Results(
            RESULTS.machine(),
            "race",
            Instant.EPOCH,
            Map.of(),
            Map.of(),
            List.of(
                new Entry(
                    ECHO,
                    "",
                    "gyre-push",
                    List.of(calm, calm, calm, disturbed),
                    Probe.NONE,
                    Status.MEASURED,
                    "")),
            true);
    String said = "slowed this machine down in 25 % of all turns";
    assertThat(TableReport.of(results)).contains(said);
    assertThat(MarkdownReport.of(results)).contains(said);
    assertThat(HtmlReport.of(results)).contains(said);
    assertThat(TableReport.of(RESULTS)).doesNotContain("slowed");
    JsonObject json = JsonParser.object().from(JsonReport.of(results));
    assertThat(json.getDouble("disturbedShare")).isEqualTo(0.25);
  }

  @Test
  void shouldAlignColumns() {
    Grid grid = new Grid(List.of("peer", "n"));
    grid.add(List.of("a", "1,000"));
    assertThat(grid.toString()).isEqualTo("  peer      n\n  a     1,000\n");
  }

  @Test
  void shouldBeOnePageThatNeedsNothingElse() {
    String page = HtmlReport.of(RESULTS);
    assertThat(page)
        .contains("<svg", "prefers-color-scheme: dark", "A &lt;fast&gt; one", "@media print")
        .doesNotContain("<script", "src=", "@import", "A <fast> one");
    assertThat(SvgReport.of(RESULTS)).startsWith("<svg xmlns").endsWith("</svg>\n");
    assertThat(MarkdownReport.of(RESULTS)).contains("| **gyre-push** |").contains("|---|---:|");
  }

  @Test
  void shouldWriteFiguresAsPeopleReadThem() {
    assertThat(Format.ratio(Spread.of(List.of(1.0, 1.01, 1.02)))).isEqualTo("1.01");
    assertThat(Format.ratio(Spread.of(List.of(1.0, 2.0)))).isEqualTo("1.50 ±67 %");
    assertThat(Format.ratio(Spread.of(List.of(1.5)))).isEqualTo("1.50");
    assertThat(Format.ratio(Spread.NONE)).isEqualTo("–");
    assertThat(Format.number(4868.4)).isEqualTo("4,868");
    assertThat(Format.number(52.14)).isEqualTo("52.1");
    assertThat(Format.number(0.05)).isEqualTo("0.05");
    assertThat(Format.number(Double.NaN)).isEqualTo("–");
    assertThat(Format.rate(1_310_000)).isEqualTo("1.31M");
  }
}
