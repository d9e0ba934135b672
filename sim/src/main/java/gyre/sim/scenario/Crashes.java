package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A server that crashes and comes back, and clients that ask until they have their answer. */
final class Crashes extends Weathered {
  private static final int TRIES = 1_000;

  /** Per second. */
  private static final double CRASHES = 0.2;

  Crashes() {
    super("crashes", "clients get their answers from a server that crashes and is started again");
  }

  @Override
  Faults faults(Plan plan) {
    return plan.isRough() ? plan.faults().with(Fault.CRASH, CRASHES) : plan.faults();
  }

  @Override
  void build(World world, Plan plan) {
    world.host("server").background(() -> serve(plan.part("server")));
    world
        .host("client")
        .reliable()
        .run(() -> {
          try (Scope scope = Scope.open("client")) {
            for (int i = plan.between(1, 4); i > 0; i--) {
              Plan part = plan.part("client-" + i);
              scope.start("client-" + i, () -> client(part));
            }
            scope.join();
          }
          checkNothingOpen("client");
        });
  }

  private static void serve(Plan plan) {
    try (TcpListener listener = listen(PORT, ListenOptions.defaults(), plan)) {
      listener.serve(stream -> {
        ByteBuffer number = ByteBuffer.allocate(4);
        while (stream.await(4)) {
          stream.readFully(number.clear());
          stream.write(number.flip());
        }
      });
    }
  }

  private static void client(Plan plan) {
    int answered = 0;
    int questions = plan.between(1, 40);
    for (int tries = 0; answered < questions; tries++) {
      check(tries < TRIES, answered + " of " + questions + " answers after " + tries + " tries");
      try (TcpStream stream = connect("server", options())) {
        while (answered < questions && ask(stream, answered)) {
          answered++;
          Fiber.sleep(plan.millis(0, 1_000));
        }
        check(answered == questions || plan.isRough(), stream.name() + " ended");
      } catch (IoException e) {
        if (!plan.isRough()) {
          throw e;
        }
        Fiber.sleep(Duration.ofMillis(100));
      }
    }
  }

  /** Of a host that is down nobody hears anything. */
  private static StreamOptions options() {
    return StreamOptions.defaults()
        .readTimeout(Duration.ofSeconds(10))
        .writeTimeout(Duration.ofSeconds(10))
        .closeTimeout(Duration.ofSeconds(10));
  }

  /** Answers whether there was an answer, and not the end. */
  private static boolean ask(TcpStream stream, int number) {
    stream.write(ByteBuffer.allocate(4).putInt(number).flip());
    stream.flush();
    if (!stream.await(4)) {
      return false;
    }
    ByteBuffer answer = ByteBuffer.allocate(4);
    stream.readFully(answer);
    check(answer.getInt(0) == number, "asked " + number + ", answered " + answer.getInt(0));
    return true;
  }
}
