package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.io.IoException;
import gyre.io.Pipe;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Outcome;
import gyre.sim.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Clients talk to a server through a proxy, which in some worlds gives up at any moment: ends of
 * directions are passed on, and what was cut looks cut at both ends.
 */
final class Pipes extends Weathered {
  private static final Duration LONGER_THAN_ANY_FAULT = Duration.ofMinutes(10);

  Pipes() {
    super("pipes", "a proxy passes on all or breaks both connections, also when it is cancelled");
  }

  private static boolean givesUp(Plan plan) {
    return plan.part("patience").oneIn(2);
  }

  @Override
  void build(World world, Plan plan) {
    List<HalfClose.Talk> talks = new ArrayList<>();
    boolean givesUp = givesUp(plan);
    Plan client = plan.part("client");
    world.host("server").background(() -> HalfClose.serve(talks, plan.part("server")));
    world.host("proxy").background(() -> proxy(givesUp, plan.part("proxy")));
    boolean mayBreak = givesUp || plan.isRough();
    world.host("client").run(() -> HalfClose.client("proxy", talks, client, mayBreak));
    world.link("client", "proxy").latency(Duration.ofNanos(10_000), client.millis(1, 10));
    world.link("proxy", "server").latency(Duration.ofNanos(10_000), client.millis(1, 10));
    world.afterwards(() -> HalfClose.checkOver(talks));
  }

  private static void proxy(boolean givesUp, Plan plan) {
    ListenOptions options = ListenOptions.defaults().stream(Echo.options(plan));
    try (TcpListener listener = listen(PORT, options, plan)) {
      listener.serve(client -> {
        try (TcpStream server = connect("server", Echo.options(plan))) {
          Duration patience = plan.millis(0, 60);
          if (givesUp && plan.oneIn(2)) {
            Cancellation.within(patience, () -> pass(client, server, plan));
          } else {
            pass(client, server, plan);
          }
        } catch (IoException | DeadlineExceededException e) {
          client.reset(); // and the server has been
        }
      });
    }
  }

  private static void pass(TcpStream client, TcpStream server, Plan plan) {
    Pipe pipe =
        plan.oneIn(2)
            ? Pipe.between(client, server)
            : Pipe.between(client, server, LONGER_THAN_ANY_FAULT);
    try {
      pipe.run();
    } catch (IoException e) {
      check(!client.isOpen() && !server.isOpen(), "a pipe broke, and left a stream open");
      throw e;
    }
    check(client.isOpen() && server.isOpen(), "a pipe was complete, and closed a stream");
    check(pipe.bytesToRight() >= 4, "a pipe passed on " + pipe.bytesToRight() + " bytes");
  }

  @Override
  boolean isExpected(Outcome.Report report, Plan plan) {
    return (plan.isRough() || givesUp(plan)) && isWeather(report.failure());
  }
}
