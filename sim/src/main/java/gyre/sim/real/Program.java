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

  /** The one program with hardly any memory at all. */
  private static final long SCARCEST_SEED = 1;

  /** One program of so many has little memory. */
  private static final int SCARCE_EVERY = 16;

  /**
   * So many lanes at most where memory is scarce: with more streams than there are reserves all
   * stand still until those that hold memory are reset, which takes longer than a hang limit.
   */
  private static final int SCARCE_LANES = 24;

  /** What everybody may receive while memory is scarce, without waiting for a turn. */
  private static final int SMALL_BYTES = 1000;

  static Program of(String engine, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Setup ample = Setup.of(engine, random.split());
    SplittableRandom more = new SplittableRandom(~seed);
    // On NIO nobody hears of a peer's reset while nothing is received from it.
    boolean isScarce = seed % SCARCE_EVERY == 1 && !engine.equals("nio");
    boolean isScarcest = isScarce && seed == SCARCEST_SEED;
    Setup setup = isScarcest ? ample.scarcest() : isScarce ? ample.scarce() : ample;
    int count = random.nextInt(8) == 0 ? 60 + random.nextInt(60) : 4 + random.nextInt(28);
    count = isScarce && !isScarcest ? Math.min(count, SCARCE_LANES) : count;
    List<Plan> lanes = new ArrayList<>();
    for (int lane = 0; lane < count; lane++) {
      Plan plan = lane(lane, setup, random.split());
      lanes.add(isScarce ? modest(plan) : plan);
    }
    for (int left = more.nextInt(6); left > 0; left--) {
      lanes.add(special(lanes.size(), setup, more.split()));
    }
    for (int left = isScarce ? hoarders(setup) : 0; left > 0; left--) {
      lanes.add(lane(lanes.size(), Transport.HOARDING, 0, more.split()));
    }
    return new Program(engine, seed, setup, lanes, ALL_STEPS);
  }

  /** As many frames as need more than all memory of the loop. */
  private static int hoarders(Setup setup) {
    return (int) (setup.poolLimitBytes() * 3 / 2 / (64 * 1024));
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
    return new Plan(lane, transport, left, right, pairs, 0);
  }

  /** Who waits for much at once would have to wait for those that hold all memory. */
  private static Plan modest(Plan plan) {
    return new Plan(
        plan.lane(),
        plan.transport(),
        plan.leftLoop(),
        plan.rightLoop(),
        plan.connections().stream()
            .map(pair -> new Plan.Pair(pair.number(), modest(pair.left()), modest(pair.right())))
            .toList(),
        plan.cancelMicros());
  }

  private static End modest(End end) {
    List<Step> reads =
        end.reads().stream()
            .map(step ->
                new Step(
                    step.kind(), Math.min(step.bytes(), SMALL_BYTES), step.pieces(), step.micros()))
            .toList();
    return new End(end.style(), end.options(), end.writes(), reads, end.ending(), end.endMicros());
  }

  private static Plan special(int lane, Setup setup, SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> lane(lane, Transport.UDP, random.nextInt(setup.loops()), random);
      case 1 -> lane(lane, Transport.URGENT, random.nextInt(setup.loops()), random);
      case 2 ->
          lane(
              lane,
              setup.engine().equals("nio") ? Transport.URGENT : Transport.DESCRIPTORS,
              random.nextInt(setup.loops()),
              random);
      case 3 -> {
        Plan plan = modest(lane(lane, setup, random));
        yield new Plan(
            lane,
            plan.transport(),
            plan.leftLoop(),
            plan.rightLoop(),
            plan.connections(),
            1 + random.nextInt(6_000));
      }
      default -> impatient(modest(lane(lane, setup, random)), random);
    };
  }

  /** Of one connection, on one loop, whose right end only reads. */
  private static Plan lane(int lane, Transport transport, int loop, SplittableRandom random) {
    StreamOptions options = options(random).readTimeout(Duration.ZERO);
    boolean isHoarding = transport == Transport.HOARDING;
    StreamOptions ofRight = isHoarding ? options.inputLimitBytes(64 * 1024).sparse(false) : options;
    Style style = random.nextBoolean() ? Style.DIRECT : Style.PUSH;
    int size = transport == Transport.UDP && random.nextInt(3) == 0 ? 30_000 : 300;
    List<Step> writes =
        Steps.writes(4 + random.nextInt(60), size, random).stream()
            .map(step ->
                new Step(step.kind(), Pattern.WORD + step.bytes(), step.pieces(), step.micros()))
            .toList();
    // Its sender waits for what it has sent, so nobody may wait for more than that.
    List<Step> reads =
        Steps.reads(1 + random.nextInt(5), random).stream()
            .filter(step -> step.kind() != Step.Kind.AWAIT)
            .toList();
    End left = new End(Style.DIRECT, options, writes, reads, Ending.POLITE, 0);
    End right = new End(style, ofRight, List.of(), reads, Ending.POLITE, 0);
    int number = lane * CONNECTIONS_A_LANE;
    return new Plan(
        lane,
        transport,
        loop,
        loop,
        List.of(new Plan.Pair(number, modest(left), modest(right))),
        0);
  }

  /** Each end gives up when nothing moves for a moment. */
  private static Plan impatient(Plan plan, SplittableRandom random) {
    return new Plan(
        plan.lane(),
        plan.transport(),
        plan.leftLoop(),
        plan.rightLoop(),
        plan.connections().stream()
            .map(pair ->
                new Plan.Pair(
                    pair.number(), impatient(pair.left(), random), impatient(pair.right(), random)))
            .toList(),
        0);
  }

  private static End impatient(End end, SplittableRandom random) {
    Duration limit = Duration.ofMillis(1 + random.nextInt(15));
    StreamOptions options = end.options().readTimeout(Duration.ZERO);
    return new End(
        end.style(),
        random.nextBoolean() ? options.idleTimeout(limit) : options.writeTimeout(limit),
        end.writes(),
        end.reads(),
        end.ending(),
        end.endMicros());
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
