package gyre.sim.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Who watches the torture: bugs that only the real kernel shows are planted in a copy of the
 * sources, and random programs must find each of them.
 *
 * <p>The search begins with the seed that has found the bug before, to be short; as the kernel's
 * timing is not in the seed, others follow where that one passes.
 */
@Timeout(120)
class RealPlantedBugsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path BUGS = Path.of("src/test/resources/planted-real");
  private static final long SEEDS = 200;
  private static final long LONGEST_MILLIS = 40_000;
  private static final long HANG_MILLIS = 3_000;

  @TestFactory
  Stream<DynamicTest> shouldFindWhatIsPlanted() throws IOException {
    List<PlantedBug> bugs = PlantedBug.all(BUGS);
    assertThat(bugs).isNotEmpty();
    return bugs.stream().map(bug -> dynamicTest(bug.name(), () -> find(bug)));
  }

  private static void find(PlantedBug bug) throws Exception {
    BiFunction<String, long[], String> search =
        ChangedCopy.of(ROOT, List.of(bug), true).search(RealSearch.class);

    String found =
        search.apply(
            bug.scenarios().getFirst(),
            new long[] {bug.seed(), SEEDS, LONGEST_MILLIS, HANG_MILLIS});

    assertThat(found).as(bug.name()).isNotNull().containsPattern(bug.report());
  }
}
