package gyre.sim.scenario;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.World;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Each end says all that it has to say, and that it was all; the other answers after that. */
final class HalfClose extends Weathered {
  /** Both directions of a connection; the server learns its number by the first bytes. */
  record Talk(Flow there, Flow back) {
    void broke() {
      there.broke();
      back.broke();
    }
  }

  HalfClose() {
    super("half-close", "what was written before an end arrives before it, in both directions");
  }

  @Override
  void build(World world, Plan plan) {
    List<Talk> talks = new ArrayList<>();
    world.host("server").background(() -> serve(talks, plan.part("server")));
    Plan client = plan.part("client");
    world.host("client").run(() -> client("server", talks, client, client.isRough()));
    world.link("client", "server").latency(Duration.ofNanos(10_000), plan.millis(1, 10));
    world.afterwards(() -> checkOver(talks));
  }

  static void checkOver(List<Talk> talks) {
    for (Talk talk : talks) {
      talk.there().checkOver();
      talk.back().checkOver();
    }
  }

  static void serve(List<Talk> talks, Plan plan) {
    ListenOptions options = ListenOptions.defaults().stream(Echo.options(plan));
    try (TcpListener listener = listen(PORT, options, plan)) {
      listener.serve(stream -> {
        ByteBuffer head = ByteBuffer.allocate(4);
        stream.readFully(head);
        int number = head.getInt(0);
        stream.rename("answer-" + number);
        answer(stream, talks.get(number), plan.part("answer-" + number));
      });
    }
  }

  private static void answer(TcpStream stream, Talk talk, Plan plan) {
    try {
      Echo.receiveRest(stream, talk.there(), plan);
      talk.back().send(stream, plan.magnitude(20_000), plan);
      talk.back().finished();
      if (plan.oneIn(2)) {
        stream.shutdownOutput();
      }
    } catch (IoException e) {
      talk.broke();
      throw e;
    }
  }

  /**
   * @param mayBreak whether a connection that breaks is no fault
   */
  static void client(String server, List<Talk> talks, Plan plan, boolean mayBreak) {
    try (Scope scope = Scope.open("client")) {
      for (int i = plan.between(1, 8); i > 0; i--) {
        int number = talks.size();
        String name = "question-" + number;
        Plan part = plan.part(name);
        Talk talk = new Talk(new Flow(name, part.key()), new Flow(name + " back", part.key()));
        talks.add(talk);
        scope.start(name, () -> ask(name, server, number, talk, part, mayBreak));
      }
      scope.join();
    }
    checkNothingOpen("client");
  }

  private static void ask(
      String name, String server, int number, Talk talk, Plan plan, boolean mayBreak) {
    Fiber.sleep(plan.millis(0, 20));
    try (TcpStream stream = connect(server, Echo.options(plan))) {
      stream.rename(name);
      stream.write(new byte[] {0, 0, 0, (byte) number});
      talk.there().send(stream, plan.magnitude(20_000), plan);
      talk.there().finished();
      stream.shutdownOutput();
      if (mayBreak) {
        stream.flush(); // only writers are told of a send that failed
      }
      Echo.receiveRest(stream, talk.back(), plan);
    } catch (IoException e) {
      talk.broke();
      if (!mayBreak) {
        throw e;
      }
    }
  }
}
