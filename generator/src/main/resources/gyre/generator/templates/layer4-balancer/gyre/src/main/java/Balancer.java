import gyre.Loop;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.NetworkException;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.util.ArrayList;
import java.util.List;

/** Chooses a target for each connection, and passes bytes on in both directions. */
final class Balancer {
  private static final int ENFILE = 23;
  private static final int EMFILE = 24;

  private final Settings settings;
  private final List<Target> targets;
  private final ConnectOptions connecting;
  private int turn;

  Balancer(Settings settings) {
    this.settings = settings;
    this.targets = settings.targets.stream().map(Target::new).toList();
    this.connecting = ConnectOptions.defaults().timeout(settings.connectTimeout);
  }

  /**
   * In a fiber of the connection. Half-closes are passed on, and so are resets: a transfer that was
   * cut must not look complete.
   */
  void passOn(ByteStream client) {
    List<Target> untried = new ArrayList<>(targets);
    untried.removeIf(target -> !target.mayBeTried(Loop.current().nanoTime()));
    while (!untried.isEmpty()) {
      Target target = Target.choose(untried, turn++);
      untried.remove(target);
      TcpStream server = connect(target);
      if (server != null) {
        passOn(client, server, target);
        return;
      }
    }
    client.reset(); // nobody is there to talk to
  }

  private void passOn(ByteStream client, TcpStream server, Target target) {
    target.connections++;
    try (server) {
      ByteStream.pipe(client, server, settings.idleTimeout); // parks until both have ended
    } catch (IoException e) {
      // One of both has gone, and both were reset: nobody's error here.
    } finally {
      target.connections--;
    }
  }

  /** Null if it does not accept. */
  private TcpStream connect(Target target) {
    try {
      TcpStream server = TcpStream.connect(target.address, StreamOptions.defaults(), connecting);
      target.up();
      return server;
    } catch (NetworkException e) {
      if (e.errno() != EMFILE && e.errno() != ENFILE) { // those are ours, and not the target's
        target.down(Loop.current().nanoTime() + settings.retryAfter.toNanos());
      }
      System.err.println("{{name}}: " + e.getMessage());
      return null;
    }
  }
}
