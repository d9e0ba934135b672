package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.balancer.choice.Algorithm;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Host;
import gyre.sim.Link;
import gyre.sim.Simulation;
import gyre.sim.World;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A world with a balancer, eight targets and some clients, in which targets crash, are cut off,
 * become slow and flap; and the model that judges it:
 *
 * <ul>
 *   <li>a client gets its bytes back, none lost, added or out of order; where a connection ends in
 *       order all of them are there
 *   <li>no target is chosen from when the balancer knows that it is down until it knows that it is
 *       up again
 *   <li>when all is well again the connections are spread evenly
 *   <li>at the end no connection is counted any more
 * </ul>
 */
final class BalancerWorld {
  static final int TARGETS = 8;

  private static final int PORT = 8080;
  private static final int CLIENTS = 3;
  private static final Duration STORM = Duration.ofSeconds(20);
  private static final Duration WELL_AGAIN = Duration.ofSeconds(8);
  private static final int HELD = 80;

  /** What could be wrong, and must be found. */
  enum Planted {
    NOTHING,
    /** Health is not heeded. */
    IGNORES_HEALTH,
    /** A byte is missing. */
    LOSES_BYTE,
    /** A byte is there twice. */
    ADDS_BYTE,
    /** Two bytes have changed places. */
    SWAPS_BYTES,
    /** The end comes in order before all bytes have. */
    CUTS_SHORT,
    /** One target gets more than its part. */
    UNEVEN,
    /** A connection is counted for ever. */
    LEAKS_PLACE
  }

  private final long seed;
  private final Planted planted;
  private final Random random;
  private @Nullable Balancer opened;
  private boolean isStormOver;
  int whole;
  int broken;
  int downs;

  BalancerWorld(long seed, Planted planted) {
    this.seed = seed;
    this.planted = planted;
    this.random = new Random(seed);
  }

  void run(boolean isRough) {
    Simulation.seed(seed)
        .engine(WorldEngine.ofSeed(seed))
        .limit(Duration.ofHours(1))
        .world(this::build)
        .faults(isRough ? Faults.timing() : Faults.none())
        .run();
  }

  private void build(World world) {
    List<Host> targets = new ArrayList<>();
    for (int i = 0; i < TARGETS; i++) {
      int number = i;
      targets.add(
          world
              .host("t" + i)
              .address("10.0.1." + (i + 1))
              .background(() -> serve(number, new Random(seed * 31 + number))));
    }
    world.host("balancer").reliable().background(this::balance);
    for (int i = 0; i < TARGETS; i++) {
      storm(world, targets.get(i), world.link("balancer", "t" + i));
    }
    world.host("client").reliable().run(this::clients);
  }

  // ---- what goes wrong

  /** Each target has its own trouble, some none. All is well again when the storm is over. */
  private void storm(World world, Host target, Link link) {
    switch (random.nextInt(6)) {
      case 0 -> {
        world.after(sometime(), target::crash);
        world.after(STORM, target::restart);
      }
      case 1 -> {
        world.after(sometime(), link::cut);
        world.after(STORM, link::heal);
      }
      case 2 ->
          world.after(sometime(), () -> link.clog(Duration.ofSeconds(10), Duration.ofSeconds(3)));
      case 3 -> {
        Duration at = sometime();
        for (int i = 0; i < 5; i++) {
          world.after(at.plusMillis(2000L * i), target::crash);
          world.after(at.plusMillis(2000L * i + 1000), target::restart);
        }
      }
      default -> {} // well all the time
    }
  }

  private Duration sometime() {
    return Duration.ofMillis(2000 + random.nextInt(8_000));
  }

  // ---- targets

  /** Says its number, and sends back what it gets. */
  private void serve(int number, Random chance) {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT)) {
      listener.serve(stream -> {
        stream.write(new byte[] {(byte) number});
        ByteBuffer room = ByteBuffer.allocate(1500);
        while (stream.read(room.clear()) >= 0) {
          byte[] bytes = new byte[room.flip().remaining()];
          room.get(bytes);
          if (isWrongNow(chance, bytes.length)) {
            bytes = wrong(bytes);
            if (bytes.length == 0) {
              return;
            }
          }
          stream.write(bytes);
        }
      });
    }
  }

  private boolean isWrongNow(Random chance, int length) {
    return planted.name().matches("LOSES_BYTE|ADDS_BYTE|SWAPS_BYTES|CUTS_SHORT")
        && length > 2
        && chance.nextInt(20) == 0;
  }

  private byte[] wrong(byte[] bytes) {
    return switch (planted) {
      case LOSES_BYTE -> Arrays.copyOf(bytes, bytes.length - 1);
      case ADDS_BYTE -> {
        byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
        more[bytes.length] = bytes[bytes.length - 1];
        yield more;
      }
      case SWAPS_BYTES -> {
        byte[] swapped = bytes.clone();
        swapped[0] = bytes[1];
        swapped[1] = bytes[0];
        yield swapped;
      }
      default -> new byte[0];
    };
  }

  // ---- the balancer

  private void balance() {
    List<TargetConfig> targets = new ArrayList<>();
    for (int i = 0; i < TARGETS; i++) {
      boolean isHeavy = planted == Planted.UNEVEN && i == 0;
      targets.add(
          TargetConfig.of(
                  new InetSocketAddress(java.net.InetAddress.ofLiteral("10.0.1." + (i + 1)), PORT))
              .name("t" + i)
              .weight(isHeavy ? 4 : 1));
    }
    PoolConfig pool =
        PoolConfig.of("main", targets)
            .algorithm(Algorithm.TWO_CHOICES)
            .connectTimeout(Duration.ofSeconds(1))
            .panicPercent(planted == Planted.IGNORES_HEALTH ? 100 : 0)
            .health(
                HealthConfig.of(new HealthConfig.Check.Tcp())
                    .interval(Duration.ofSeconds(1))
                    .fastInterval(Duration.ofMillis(200))
                    .timeout(Duration.ofSeconds(1)))
            .outlier(
                OutlierConfig.defaults()
                    .base(Duration.ofSeconds(1))
                    .longest(Duration.ofSeconds(3)));
    ListenConfig listen =
        ListenConfig.of("main", new InetSocketAddress("0.0.0.0", PORT), "main")
            .idleTimeout(Duration.ofSeconds(15))
            .halfCloseTimeout(Duration.ofSeconds(15));
    opened =
        Balancer.open(
            Loop.current(), BalancerConfig.of(List.of(listen), List.of(pool)), new Events(false));
    if (planted == Planted.LEAKS_PLACE) {
      assertThat(pool().targets().getFirst().tryTake()).isTrue();
    }
    watch();
  }

  private Balancer balancer() {
    return Objects.requireNonNull(opened);
  }

  private Pool pool() {
    return Objects.requireNonNull(balancer().pool("main"));
  }

  private record Down(long sinceNanos, long chosen) {}

  /** Looks all the time whether somebody is chosen who is known to be down. */
  private void watch() {
    IdentityHashMap<Target, Down> known = new IdentityHashMap<>();
    while (!isStormOver) {
      for (Target each : pool().targets()) {
        if (each.health() != Target.Health.DOWN) {
          known.remove(each);
          continue;
        }
        Down before = known.get(each);
        long chosen = each.chosen.sum();
        if (before != null && before.sinceNanos() == each.changedNanos()) {
          assertThat(chosen).as(each + " is down and was chosen").isEqualTo(before.chosen());
        } else {
          downs++;
          known.put(each, new Down(each.changedNanos(), chosen));
        }
      }
      Fiber.sleep(Duration.ofMillis(97)); // it is down for longer
    }
  }

  // ---- clients

  private void clients() {
    Fiber.sleep(Duration.ofSeconds(1)); // all targets are checked by then
    try (Scope scope = Scope.open("clients")) {
      for (int i = 0; i < CLIENTS; i++) {
        Random own = new Random(seed * 17 + i);
        scope.start("client-" + i, () -> talkAll(own));
      }
      scope.join();
    }
    Fiber.sleep(WELL_AGAIN);
    checkShares();
    isStormOver = true;
    Fiber.sleep(Duration.ofSeconds(18)); // the longest limit is over
    assertThat(balancer().sessions()).as("sessions at the end").isZero();
    for (Target each : pool().targets()) {
      assertThat(each.active()).as(each + " has connections at the end").isZero();
    }
    assertThat(whole).as("connections that went well").isPositive();
  }

  private void talkAll(Random own) {
    long end = Loop.current().nanoTime() + STORM.toNanos();
    while (Loop.current().nanoTime() - end < 0) {
      try {
        talk(own);
        whole++;
      } catch (IoException e) {
        broken++; // by the storm
      }
      Fiber.sleep(Duration.ofMillis(50 + own.nextInt(400)));
    }
  }

  private static TcpStream connect() {
    return TcpStream.connect(
        "balancer",
        PORT,
        StreamOptions.defaults().readTimeout(Duration.ofMinutes(2)),
        ConnectOptions.defaults());
  }

  /** Sends some bytes in pieces, and compares what comes back. */
  private static void talk(Random own) {
    byte[] bytes = new byte[1 + own.nextInt(3000)];
    own.nextBytes(bytes);
    try (TcpStream stream = connect();
        Scope scope = Scope.open("talk")) {
      var ignored = scope.start("send", () -> send(stream, bytes, own));
      ByteBuffer got = ByteBuffer.allocate(bytes.length + 100);
      while (stream.read(got) >= 0) {
        compare(bytes, got);
      }
      compare(bytes, got);
      assertThat(got.position() - 1).as("bytes before an end in order").isEqualTo(bytes.length);
      scope.join();
    }
  }

  private static void send(TcpStream stream, byte[] bytes, Random own) {
    try {
      int at = 0;
      while (at < bytes.length) {
        int piece = Math.min(bytes.length - at, 1 + own.nextInt(1000));
        stream.write(bytes, at, piece);
        at += piece;
        Fiber.sleep(Duration.ofMillis(own.nextInt(30)));
      }
      stream.shutdownOutput();
    } catch (IoException | gyre.ClosedException e) {
      // The reader is told as well.
    }
  }

  /** Behind the number of the target. */
  private static void compare(byte[] sent, ByteBuffer got) {
    int there = got.position() - 1;
    if (there < 1) {
      return;
    }
    assertThat(there).as("bytes that came back").isLessThanOrEqualTo(sent.length);
    byte[] echoed = new byte[there];
    got.get(1, echoed);
    int wrong = Arrays.mismatch(sent, 0, there, echoed, 0, there);
    assertThat(wrong).as("the first byte that is wrong, of " + there).isEqualTo(-1);
  }

  /** Connections that are open at the same time: two choices spread them very evenly. */
  private void checkShares() {
    int[] counts = new int[TARGETS];
    try (Scope scope = Scope.open("shares")) {
      assertThat(scope.fibers()).isZero();
      for (int i = 0; i < HELD; i++) {
        TcpStream stream = connect(); // until the scope ends
        counts[stream.readExactly(1)[0]]++;
      }
    }
    int average = HELD / TARGETS;
    for (int each :
        counts) { // one gets 4 or fewer by chance, as it is not drawn, in 1 of 10,000 seeds
      assertThat(each)
          .as("shares " + Arrays.toString(counts))
          .isBetween(average / 5, average * 3 / 2);
    }
  }
}
