package gyre.sim.real;

import gyre.net.StreamOptions;
import gyre.sim.real.Plan.End;
import gyre.sim.real.Plan.Ending;
import gyre.sim.real.Plan.Style;
import gyre.sim.real.Plan.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What one seed says: the sizes of rings and pools, and what each end of each connection does. A
 * lane is the same whichever of the others are left out.
 *
 * @param steps of each end at most; fewer make a smaller program
 */
record Program(String engine, long seed, Setup setup, List<Plan> lanes, int steps) {
  static final int ALL_STEPS = Integer.MAX_VALUE;

  private static final int CONNECTIONS_A_LANE = 8;

  static Program of(String engine, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Setup setup = Setup.of(engine, random.split());
    int count = random.nextInt(8) == 0 ? 60 + random.nextInt(60) : 4 + random.nextInt(28);
    List<Plan> lanes = new ArrayList<>();
    for (int lane = 0; lane < count; lane++) {
      lanes.add(lane(lane, setup, random.split()));
    }
    return new Program(engine, seed, setup, lanes, ALL_STEPS);
  }

  Set<Integer> laneNumbers() {
    return lanes.stream().map(Plan::lane).collect(Collectors.toCollection(TreeSet::new));
  }

  Program only(Set<Integer> kept, int mostSteps) {
    return new Program(
        engine,
        seed,
        setup,
        lanes.stream()
            .filter(plan -> kept.contains(plan.lane()))
            .map(plan -> plan.first(mostSteps))
            .toList(),
        mostSteps);
  }

  private static Plan lane(int lane, Setup setup, SplittableRandom random) {
    Transport transport =
        switch (random.nextInt(10)) {
          case 0, 1 -> Transport.UNIX_PAIR;
          case 2 -> Transport.UNIX;
          default -> Transport.TCP;
        };
    int left = random.nextInt(setup.loops());
    int right = transport == Transport.UNIX_PAIR ? left : random.nextInt(setup.loops());
    List<Plan.Pair> pairs = new ArrayList<>();
    int count = 1 + random.nextInt(4);
    StreamOptions ofRight = options(random); // a listener has one kind for all
    for (int i = 0; i < count; i++) {
      StreamOptions ofLeft = transport == Transport.UNIX_PAIR ? ofRight : options(random);
      pairs.add(pair(lane * CONNECTIONS_A_LANE + i, ofLeft, ofRight, random));
    }
    return new Plan(lane, transport, left, right, pairs);
  }

  /**
   * Of two ends that do not receive while their output is full at most one writes much, or both
   * would wait for ever.
   */
  private static Plan.Pair pair(
      int number, StreamOptions ofLeft, StreamOptions ofRight, SplittableRandom random) {
    Style left = random.nextInt(4) == 0 ? Style.PUSH : Style.DIRECT;
    Style right =
        switch (random.nextInt(5)) {
          case 0 -> Style.PUSH;
          case 1 -> left == Style.PUSH ? Style.PUSH : Style.ANSWER;
          default -> Style.DIRECT;
        };
    boolean isOneWay = left != Style.DIRECT && right != Style.DIRECT;
    return new Plan.Pair(
        number,
        end(left, ofLeft, true, random),
        end(right, ofRight, !isOneWay && right != Style.ANSWER, random));
  }

  private static End end(
      Style style, StreamOptions options, boolean writes, SplittableRandom random) {
    int many = random.nextInt(3) == 0 ? 150 : 15;
    int size = random.nextInt(3) == 0 ? 8_000 : 200;
    Ending ending =
        switch (random.nextInt(10)) {
          case 0 -> Ending.CLOSE;
          case 1 -> Ending.RESET;
          case 2 -> Ending.CANCEL;
          default -> Ending.POLITE;
        };
    return new End(
        style,
        options,
        writes ? Steps.writes(1 + random.nextInt(many), size, random) : List.of(),
        Steps.reads(1 + random.nextInt(10), random),
        ending,
        random.nextInt(4_000));
  }

  private static StreamOptions options(SplittableRandom random) {
    StreamOptions options =
        StreamOptions.defaults()
            .closeTimeout(Duration.ofSeconds(2))
            .inputLimitBytes(4096 << random.nextInt(5))
            .outputLimitBytes(256 << random.nextInt(9))
            .sparse(random.nextInt(4) == 0);
    if (random.nextInt(3) == 0) {
      options = options.sendBufferBytes(2304 << random.nextInt(3));
    }
    if (random.nextInt(3) == 0) {
      options = options.receiveBufferBytes(2304 << random.nextInt(3));
    }
    if (random.nextInt(5) == 0) {
      options = options.readTimeout(Duration.ofMillis(1 + random.nextInt(4)));
    }
    return options;
  }
}
