package gyre.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Who watches the kernel that is played: bugs of the real engines are planted in a copy of the
 * sources, one at a time, and the ordinary scenarios above that kernel must find each of them.
 *
 * <p>The search begins with the seed that has found the bug before, to be short, and falls back to
 * all seeds from 1 on. {@code -Dgyre.sim.planted=all}, or a list of names, searches from 1 at once
 * and says where each was found.
 */
@Timeout(600)
class KernelPlantedBugsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path BUGS =
      Path.of(System.getProperty("gyre.sim.planted.folder", "src/test/resources/planted-kernel"));
  private static final long SEEDS = Long.getLong("gyre.sim.planted.seeds", 2_000);
  private static final Set<String> ONLY =
      Set.of(System.getProperty("gyre.sim.planted", "").split(",", -1));
  private static final boolean IS_SEARCH = !ONLY.contains("");

  /** Each costs about a second: a commit looks for its own sixth of them. */
  private static final int EVERY = 6;

  private static final long COMMIT = Long.getLong("gyre.sim.commit", 1);

  @TestFactory
  Stream<DynamicTest> shouldFindWhatIsPlanted() throws IOException {
    List<PlantedBug> bugs = PlantedBug.all(BUGS);
    assertThat(bugs).hasSizeGreaterThanOrEqualTo(IS_SEARCH ? 1 : 20);
    return bugs.stream()
        .filter(bug -> isChosen(bug, bugs.indexOf(bug)))
        .map(bug -> dynamicTest(bug.name(), () -> find(bug)));
  }

  private static boolean isChosen(PlantedBug bug, int index) {
    return IS_SEARCH
        ? ONLY.contains("all") || ONLY.contains(bug.name())
        : Math.floorMod(index + COMMIT, EVERY) == 0;
  }

  private static void find(PlantedBug bug) throws Exception {
    BiFunction<String, long[], String> search = ChangedCopy.of(ROOT, List.of(bug), true).search();
    String names = String.join(",", bug.scenarios());
    String found = IS_SEARCH ? null : search.apply(names, new long[] {bug.seed(), 1});
    if (found == null) {
      found = search.apply(names, new long[] {1, SEEDS});
    }
    assertThat(found).as("%s is found by %s", bug.name(), names).isNotNull();
    String[] lines = found.split("\n", 2);
    assertThat(lines[1]).as("%s by %s", bug.name(), lines[0]).containsPattern(bug.report());
    if (IS_SEARCH) {
      System.out.println("found " + bug.name() + " | " + lines[0]);
    }
  }
}
