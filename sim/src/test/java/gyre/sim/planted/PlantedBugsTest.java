package gyre.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Who watches the simulation: bugs are planted in a copy of the sources, one at a time, and the
 * ordinary scenarios must find each of them, and say which handle or fiber it is about.
 */
@Timeout(120)
class PlantedBugsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path BUGS = Path.of("src/test/resources/planted");
  private static final Path KERNEL_BUGS = Path.of("src/test/resources/planted-kernel");
  private static final long SEEDS = 1_000;

  /** For who plants one: nothing but these, or {@code all}. */
  private static final Set<String> ONLY = Set.of(words(System.getProperty("gyre.sim.planted", "")));

  private static String[] words(String list) {
    return list.isBlank() ? new String[0] : list.split(",");
  }

  /** What a sound copy must pass: more than the bugs need. */
  private static final long MORE_SEEDS = 2;

  /** Each takes more than a second to compile: a commit looks for its own sixth of them. */
  private static final int EVERY = 6;

  private static final long COMMIT = Long.getLong("gyre.sim.commit", 1);

  private static boolean isChosen(PlantedBug bug) {
    return ONLY.isEmpty()
        ? Math.floorMod(bug.name().hashCode() + COMMIT, EVERY) == 0
        : ONLY.contains("all") || ONLY.contains(bug.name());
  }

  @Test
  void shouldFindThePlaceOfEach() throws IOException {
    List<PlantedBug> bugs = new ArrayList<>(PlantedBug.all(BUGS));
    bugs.addAll(PlantedBug.all(KERNEL_BUGS));
    for (PlantedBug bug : bugs) {
      for (PlantedBug.Change change : bug.changes()) {
        String source = Files.readString(ROOT.resolve(change.file()));
        assertThat(change.apply(source)).as(bug.name()).isNotEqualTo(source);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> shouldFindWhatIsPlanted() throws IOException {
    Map<Hunted, Long> needed = new TreeMap<>();
    List<PlantedBug> all = PlantedBug.all(BUGS);
    assertThat(all).hasSizeGreaterThanOrEqualTo(10);
    List<PlantedBug> bugs = all.stream().filter(PlantedBugsTest::isChosen).toList();
    return Stream.concat(
        bugs.stream().map(bug -> dynamicTest(bug.name(), () -> find(bug, needed))),
        Stream.of(dynamicTest("nothing, where nothing is", () -> findNothing(bugs, needed))));
  }

  /** From where on seeds of a scenario were tried. */
  private record Hunted(String scenario, long firstSeed) implements Comparable<Hunted> {
    @Override
    public int compareTo(Hunted other) {
      int order = scenario.compareTo(other.scenario);
      return order == 0 ? Long.compare(firstSeed, other.firstSeed) : order;
    }
  }

  /** Begins where it was found before: then a rare one costs no more than the others. */
  private static void find(PlantedBug bug, Map<Hunted, Long> needed) throws Exception {
    ChangedCopy copy = ChangedCopy.of(ROOT, List.of(bug), true);
    String names = String.join(",", bug.scenarios());
    String found = copy.search().apply(names, new long[] {bug.seed(), SEEDS});
    assertThat(found).as("%s is found by %s", bug.name(), names).isNotNull();
    String[] lines = found.split("\n", 2);
    assertThat(lines[1]).as("%s by %s", bug.name(), lines[0]).containsPattern(bug.report());
    long seed = Long.parseLong(lines[0].split(" ", 2)[1]);
    bug.scenarios()
        .forEach(scenario -> needed.merge(new Hunted(scenario, bug.seed()), seed, Math::max));
  }

  /** As the bugs were found in these seeds: it is they that were found, and nothing else. */
  private static void findNothing(List<PlantedBug> bugs, Map<Hunted, Long> needed)
      throws Exception {
    var search = ChangedCopy.of(ROOT, bugs, false).search();
    for (Map.Entry<Hunted, Long> one : needed.entrySet()) {
      Hunted hunted = one.getKey();
      long count = one.getValue() - hunted.firstSeed() + 1 + MORE_SEEDS;
      String found = search.apply(hunted.scenario(), new long[] {hunted.firstSeed(), count});
      assertThat(found).as(hunted.scenario()).isNull();
    }
  }

  @Test
  void shouldBeACopyWithAssertions() throws Exception {
    ChangedCopy copy = ChangedCopy.of(ROOT, List.of(), true);

    Class<?> loop = copy.loadClass("gyre.Loop");

    assertThat(loop).isNotSameAs(gyre.Loop.class);
    assertThat(loop.getClassLoader()).isSameAs(copy);
    assertThat(loop.desiredAssertionStatus()).isTrue();
  }

  @Test
  void shouldRefuseABugWhosePlaceHasChanged() {
    PlantedBug.Change change = new PlantedBug.Change("A.java", "one\n", "two\n");

    assertThat(change.apply("zero\none\n")).isEqualTo("zero\ntwo\n");
    assertThatThrownBy(() -> change.apply("zero\n")).hasMessageContaining("no longer");
    assertThatThrownBy(() -> change.apply("one\none\n")).hasMessageContaining("more than once");
  }

  @Test
  void shouldRefuseABugThatIsNotAllSaid() {
    assertThatThrownBy(() -> PlantedBug.parse("a", "hunt: echo\n@ A.java\n-one\n"))
        .hasMessageContaining("needs hunt, report, found");
    assertThatThrownBy(() -> PlantedBug.parse("a", "@ A.java\n one\n"))
        .hasMessageContaining("changes nothing");
  }
}
