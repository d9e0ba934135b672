package gyre.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgreementTest {
  @TempDir private Path folder;

  private Path file(String name, String... entries) throws IOException {
    return Files.writeString(
        folder.resolve(name), "{\"results\": [" + String.join(", ", entries) + "]}");
  }

  private static String entry(String workload, String peer, String ratio) {
    return "{\"workload\": \"%s\", \"variant\": \"\", \"peer\": \"%s\", \"ratioToLimit\": %s}"
        .formatted(workload, peer, ratio);
  }

  private static String median(String ratio) {
    return "{\"median\": " + ratio + "}";
  }

  private static String known(String ratio, String uncertainty) {
    return "{\"median\": " + ratio + ", \"relativeUncertainty\": " + uncertainty + "}";
  }

  @Test
  void shouldCountRatiosThatAreNearInWhateverOrder() throws IOException {
    Path one = file("one", entry("echo", "a", median("1.00")), entry("echo", "b", median("1.10")));
    Path other =
        file("other", entry("echo", "a", median("1.04")), entry("echo", "b", median("1.00")));
    for (Agreement agreement :
        List.of(Agreement.of(one, other, List.of(), 5), Agreement.of(other, one, List.of(), 5))) {
      assertThat(agreement.compared()).isEqualTo(2);
      assertThat(agreement.agreeing()).isEqualTo(1);
      assertThat(agreement.toString())
          .contains("10.0 % ~", "4.0 %", "1 of 2 ratios agree within 5.0 %");
    }
    assertThat(Agreement.of(one, other, List.of("a"), 5).compared()).isEqualTo(1);
    assertThat(Agreement.of(one, other, List.of(), 5).markdown())
        .contains("| workload | a | b |", "| echo | 1.00 · 1.04 | 1.10 · 1.00 ~ |");
  }

  @Test
  void shouldTellWhatDiffersFromWhatNotBothRunsKnow() throws IOException {
    Path one =
        file(
            "one",
            entry("echo", "a", known("1.00", "0.01")),
            entry("echo", "b", known("1.00", "0.01")),
            entry("echo", "c", known("1.00", "0.2")));
    Path other =
        file(
            "other",
            entry("echo", "a", known("1.02", "0.01")),
            entry("echo", "b", known("1.20", "0.01")),
            entry("echo", "c", known("1.20", "0.01")));
    Agreement agreement = Agreement.of(one, other, List.of(), 5);
    assertThat(agreement.toString())
        .contains("1 of 3 ratios agree", "Of the 2 that both runs know that well, 1 do (!");
    assertThat(agreement.markdown())
        .contains("| echo | 1.00 · 1.02 | 1.00 · 1.20 ! | 1.00 · 1.20 ~ |");
  }

  @Test
  void shouldLeaveOutWhatIsComparedWithItselfOrHasFailed() throws IOException {
    String itself = "{\"median\": 1, \"least\": 1, \"greatest\": 1}";
    String failed = entry("echo", "c", median("1")).replace("{\"w", "{\"status\": \"failed\", \"w");
    Path one = file("one", entry("echo", "a", itself), entry("echo", "b", median("2")), failed);
    assertThat(Agreement.of(one, one, List.of(), 5).compared()).isEqualTo(1);
  }

  @Test
  void shouldSayInWhatTwoRacesWereNotTheSame() throws IOException {
    String race =
        "{\"machine\": {\"processor\": \"x\", \"awake\": \"%s\"}, \"commit\": \"%s\", \"results\": [%s]}";
    String result = entry("echo", "a", median("1"));
    Path one = Files.writeString(folder.resolve("one"), race.formatted("polling", "abc", result));
    Path other =
        Files.writeString(folder.resolve("two"), race.formatted("spinning", "abc", result));
    assertThat(Agreement.of(one, other, List.of(), 5).toString())
        .contains("They differ in awake: polling and spinning.")
        .doesNotContain("processor", "commit");
    assertThat(Agreement.of(one, one, List.of(), 5).toString()).doesNotContain("They differ");
  }

  @Test
  void shouldCompareOnlyWhatBothMeasured() throws IOException {
    Path one =
        file(
            "one",
            entry("echo", "a", median("1")),
            entry("echo", "b", "null"),
            entry("idle", "a", median("2")));
    Path other = file("other", entry("echo", "a", median("1")), entry("echo", "b", median("1")));
    assertThat(Agreement.of(one, other, List.of(), 5).compared()).isEqualTo(1);
    assertThatThrownBy(() -> Agreement.of(one, other, List.of("b"), 5))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("no ratio of the same workload and peer");
  }

  @Test
  void shouldSayWhatIsWrongWithAFile() throws IOException {
    Path good = file("good", entry("echo", "a", median("1")));
    Path bad = Files.writeString(folder.resolve("bad"), "[1, 2]");
    assertThatThrownBy(() -> Agreement.of(good, bad, List.of(), 5))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("bad is not what a race writes with --json");
    assertThatThrownBy(() -> Agreement.of(folder.resolve("none"), good, List.of(), 5))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("cannot read");
  }
}
