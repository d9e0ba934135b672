package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ConnectionFactory;
import gyre.net.ConnectionPool;
import gyre.net.NetworkTimeoutException;
import gyre.net.PoolCounters;
import gyre.net.PoolOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pools of connections in virtual time: random programs, and limits of time. */
@Timeout(120)
class ConnectionPoolSimTest {
  private static final int SEEDS = Integer.getInteger("gyre.test.seeds", 150);
  private static final PoolOptions TIGHT =
      PoolOptions.defaults()
          .maxPerTarget(2)
          .maxTotal(3)
          .waitTimeout(Duration.ofMillis(20))
          .idleTimeout(Duration.ofMillis(15))
          .lifetime(Duration.ofMillis(60));

  /** Connections to nowhere: at most so many at once, and each lent to one at a time. */
  private static final class Model implements ConnectionFactory<Integer, Model.Fake> {
    private final Random random;
    private final Set<Fake> open = new HashSet<>();
    private final Set<Fake> used = new HashSet<>();
    private final int[] perTarget = new int[3];
    int uses;

    Model(long seed) {
      random = new Random(seed);
    }

    static final class Fake {
      final int target;

      Fake(int target) {
        this.target = target;
      }
    }

    @Override
    public Fake connect(Integer target) {
      Fiber.sleep(Duration.ofMillis(random.nextInt(4)));
      if (random.nextInt(6) == 0) {
        throw new IllegalStateException("refused");
      }
      Fake fake = new Fake(target);
      open.add(fake);
      perTarget[target]++;
      return fake;
    }

    @Override
    public boolean isUsable(Fake fake) {
      return random.nextInt(10) > 0;
    }

    @Override
    public void close(Fake fake) {
      assertThat(used).doesNotContain(fake);
      assertThat(open.remove(fake)).as("closed once").isTrue();
      perTarget[fake.target]--;
    }

    boolean use(int target, Fake fake) {
      assertThat(fake.target).isEqualTo(target);
      assertThat(open).contains(fake);
      assertThat(used.add(fake)).as("lent to one at a time").isTrue();
      assertThat(used.size()).isLessThanOrEqualTo(3);
      uses++;
      try {
        Fiber.sleep(Duration.ofMillis(random.nextInt(10)));
      } finally {
        used.remove(fake);
      }
      return true;
    }
  }

  /** Borrowers that come, are cancelled, time out and fail, in any order. */
  @Test
  void shouldLendEachConnectionToOneAndLeaveNothing() {
    int[] uses = {0};
    for (int seed = 0; seed < SEEDS; seed++) {
      int number = seed;
      Simulation.seed(seed)
          .limit(Duration.ofMinutes(10))
          .world(world -> {
            Model model = new Model(number);
            world.host("host").run(() -> borrowAtRandom(new Random(number), model));
            world.afterwards(() -> {
              assertThat(model.open).as("all are closed").isEmpty();
              uses[0] += model.uses;
            });
          })
          .check();
    }
    assertThat(uses[0]).isGreaterThan(SEEDS);
  }

  private static void borrowAtRandom(Random random, Model model) {
    try (ConnectionPool<Integer, Model.Fake> pool = ConnectionPool.open(TIGHT, model)) {
      try (Scope scope = Scope.open("borrowers")) {
        for (int i = 0; i < 12; i++) {
          int delay = random.nextInt(40);
          int limit = 1 + random.nextInt(40);
          int target = random.nextInt(3);
          scope.start(() -> borrowOnce(pool, model, delay, limit, target));
        }
        scope.join();
      }
      PoolCounters counters = pool.counters();
      assertThat(counters.lent()).isZero();
      assertThat(counters.waiting()).isZero();
      if (random.nextBoolean()) {
        Fiber.sleep(Duration.ofMillis(200));
        assertThat(pool.counters().idle()).as("idle ones are gone").isZero();
      }
    }
  }

  private static void borrowOnce(
      ConnectionPool<Integer, Model.Fake> pool, Model model, int delay, int limit, int target)
      throws Exception {
    Fiber.sleep(Duration.ofMillis(delay));
    try {
      Cancellation.within(
          Duration.ofMillis(limit), () -> pool.use(target, fake -> model.use(target, fake)));
    } catch (CancelledException | NetworkTimeoutException e) {
      assertThat(pool.counters().idle() + pool.counters().lent()).isLessThanOrEqualTo(3);
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("refused");
    }
  }

  /** A borrower is given up at each moment of its wait, and the next one is served all the same. */
  @Test
  void shouldServeTheNextWheneverABorrowerIsCancelled() {
    for (int moment = 0; moment < 60; moment++) {
      Duration limit = Duration.ofNanos(1 + 250_000L * moment);
      Simulation.seed(moment)
          .limit(Duration.ofMinutes(1))
          .world(world -> world.host("host").run(() -> giveUpOne(limit)))
          .check();
    }
  }

  private static void giveUpOne(Duration limit) throws Exception {
    PoolOptions one = PoolOptions.defaults().maxPerTarget(1);
    ConnectionFactory<String, String> slow =
        target -> {
          Fiber.sleep(Duration.ofMillis(5));
          return target;
        };
    try (ConnectionPool<String, String> pool = ConnectionPool.open(one, slow);
        Scope scope = Scope.openIsolated("borrowers")) {
      Fiber<Boolean> first = scope.call(() -> patient(pool));
      Fiber<?> second =
          scope.start(() -> {
            try {
              Cancellation.within(limit, () -> patient(pool));
            } catch (CancelledException e) {
              assertThat(limit).isLessThan(Duration.ofMillis(15));
            }
          });
      Fiber<Boolean> third = scope.call(() -> patient(pool));
      assertThat(first.join() && third.join()).isTrue();
      Fiber.await(second.end());
      assertThat(pool.counters().lent()).isZero();
      assertThat(pool.counters().connects()).isBetween(1L, 2L); // a use that is cut is discarded
    }
  }

  private static boolean patient(ConnectionPool<String, String> pool) throws Exception {
    return pool.use(
        "a",
        connection -> {
          Fiber.sleep(Duration.ofMillis(3));
          return connection.equals("a");
        });
  }

  /** The server has less patience with idle connections than the pool. */
  @Test
  void shouldNotFailWhereTheServerClosesIdleConnections() {
    for (int seed = 0; seed < 20; seed++) {
      int pauseMillis = 20 + 7 * seed;
      Simulation.seed(seed)
          .limit(Duration.ofMinutes(5))
          .world(world -> {
            world.host("server").background(ConnectionPoolSimTest::serveImpatiently);
            world.host("client").run(() -> askNowAndThen(pauseMillis));
          })
          .check();
    }
  }

  private static void serveImpatiently() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000)) {
      listener.serve(stream -> {
        while (true) {
          try {
            String line = Cancellation.within(Duration.ofMillis(50), () -> stream.readLine(99));
            if (line == null) {
              return;
            }
            stream.write(line + "\n");
          } catch (CancelledException e) {
            Cancellation.current().check();
            return;
          }
        }
      });
    }
  }

  private static void askNowAndThen(int pauseMillis) throws Exception {
    Fiber.sleep(Duration.ofMillis(5));
    InetSocketAddress server = remote();
    try (ConnectionPool<InetSocketAddress, TcpStream> pool =
        ConnectionPool.tcp(PoolOptions.defaults())) {
      for (int i = 0; i < 30; i++) {
        String question = "q" + i;
        String answer =
            pool.use(
                server,
                stream -> {
                  stream.write(question + "\n");
                  return stream.readLine(99);
                });
        assertThat(answer).isEqualTo(question);
        Fiber.sleep(Duration.ofMillis(pauseMillis));
      }
      assertThat(pool.counters().connects()).isBetween(1L, 30L);
    } catch (IoException e) {
      throw new AssertionError("a request failed on " + Loop.current().name(), e);
    }
  }

  private static InetSocketAddress remote() {
    try (TcpStream probe = TcpStream.connect("server", 7000)) {
      return Objects.requireNonNull(probe.remoteAddress());
    }
  }
}
