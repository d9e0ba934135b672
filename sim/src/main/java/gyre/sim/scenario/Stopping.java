package gyre.sim.scenario;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.ShutdownReport;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A server under load is told to end: in order, in a hurry, or by force. */
final class Stopping extends Weathered {
  private static final class Census {
    private int begun;
    private int ended;
  }

  Stopping() {
    super("shutdown", "a server under load shuts down: in time, and every finally block runs");
  }

  @Override
  void build(World world, Plan plan) {
    Census census = new Census();
    world.host("server").background(() -> serve(census, plan.part("server")));
    for (int i = plan.between(1, 3); i > 0; i--) {
      Plan part = plan.part("client-" + i);
      world.host("client-" + i).run(() -> client(part));
    }
    world.afterwards(() ->
        check(
            census.begun == census.ended,
            census.begun + " handlers began, and " + census.ended + " ended"));
  }

  private static void serve(Census census, Plan plan) {
    Loop loop = Loop.current();
    Fiber<?> main = Fiber.current();
    boolean isForced = plan.oneIn(4);
    ShutdownOptions how =
        ShutdownOptions.defaults()
            .drain(plan.oneIn(3) ? Duration.ZERO : plan.millis(0, 3_000))
            .cancel(plan.millis(100, 3_000));
    loop.after(
        plan.millis(0, 400),
        () -> {
          if (isForced) {
            loop.forceShutdown();
          } else {
            loop.shutdown(how);
          }
        });
    try (TcpListener listener =
        listen(PORT, ListenOptions.defaults().stream(Echo.options(plan)), plan)) {
      listener.serve(stream -> {
        census.begun++;
        try {
          ByteBuffer buffer = ByteBuffer.allocate(1000);
          while (stream.read(buffer.clear()) >= 0) {
            Fiber.sleep(plan.millis(0, 5));
            stream.write(buffer.flip());
          }
        } finally {
          census.ended++;
        }
      });
    } finally {
      ShutdownReport report = loop.shutdownReport();
      check(report == null, main.name() + " runs on after the end of the shutdown: " + report);
    }
  }

  static void client(Plan plan) {
    try (Scope scope = Scope.openIsolated("client")) {
      for (int i = plan.between(1, 5); i > 0; i--) {
        Plan part = plan.part("connection-" + i);
        scope.start("connection-" + i, () -> talk(part));
      }
      scope.join();
    }
    checkNothingOpen("client");
  }

  private static void talk(Plan plan) {
    Fiber.sleep(plan.millis(0, 300));
    Flow flow = new Flow(Fiber.current().name(), plan.key());
    flow.broke(); // sooner or later
    try (TcpStream stream = TcpStream.connect("server", PORT, Echo.options(plan))) {
      for (int i = plan.between(1, 100); i > 0; i--) {
        flow.send(stream, plan.magnitude(500), plan);
        while (flow.received() < flow.offered()) {
          if (!stream.await(1)) {
            return;
          }
          flow.receive(stream.input());
        }
      }
    } catch (IoException | CancelledException e) {
      // The server is gone.
    }
  }
}
