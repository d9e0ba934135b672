package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** TLS in a simulated world, and bugs that such a world has to find: see {@link TalkWorld}. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TlsSimulationTest {
  private static final int SEEDS = 10;

  @Test
  void shouldCarryAllWhateverTheTiming() {
    long done = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      done += new TalkWorld().applyAsLong(new long[] {seed, 0});
    }
    assertThat(done).isGreaterThan(SEEDS);
  }

  @Test
  void shouldNeverTakeAPartForTheWholeWhereConnectionsBreak() {
    long done = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      done += new TalkWorld().applyAsLong(new long[] {seed, 1});
    }
    assertThat(done).isPositive();
  }

  /** One change of one source. */
  record Bug(String name, String type, String right, String wrong) {
    @Override
    public String toString() {
      return name;
    }
  }

  @SuppressWarnings("StringConcatToTextBlock") // the ends of lines are what matters
  static List<Bug> bugs() {
    return List.of(
        new Bug(
            "a record is lost where the engine asks for more space",
            "Records",
            "    SSLEngineResult result = engine.unwrap(source, target);\n",
            "    target.limit(200);\n"
                + "    SSLEngineResult result = engine.unwrap(source, target);\n"
                + "    if (result.getStatus() == Status.BUFFER_OVERFLOW) {\n"
                + "      in.drain(length);\n"
                + "      return result;\n"
                + "    }\n"),
        new Bug(
            "the goodbye is forgotten",
            "TlsCore",
            "    boolean hasMade = wrap(plain);\n    out = Out.TOLD;",
            "    boolean hasMade = false;\n    out = Out.TOLD;"),
        new Bug(
            "what comes together with the end of the handshake is dropped",
            "TlsCore",
            "    phase = Phase.OPEN;\n",
            "    phase = Phase.OPEN;\n    received.clear();\n"),
        new Bug(
            "another site than the one that was asked for",
            "ServerRole",
            "Ready exact = byName.get(name);",
            "Ready exact = byName.values().iterator().next();"),
        new Bug(
            "a cut is taken for an end",
            "TlsCore",
            "    broken(\n        phase == Phase.OPEN",
            "    if (phase == Phase.OPEN) {\n      isCloseReceived = true;\n      return;\n    }\n"
                + "    broken(\n        phase == Phase.OPEN"));
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void shouldFindPlantedBugs(Bug bug) throws Exception {
    ToLongFunction<long[]> world = WrongCopy.of(bug.type(), bug.right(), bug.wrong());
    int found = 0;
    for (long seed = 1; seed <= SEEDS && found == 0; seed++) {
      try {
        long ignored = world.applyAsLong(new long[] {seed, 0});
      } catch (AssertionError | RuntimeException e) {
        found++;
      }
    }
    assertThat(found).as("seeds that found it").isPositive();
  }
}
