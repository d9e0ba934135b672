package gyre.engine.choice;

import gyre.engine.Accept;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.Errno;
import gyre.engine.Sockets;
import gyre.sys.CallState;
import gyre.sys.LinuxProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Runs out of descriptors while accepting, gets some back and goes on. Its argument is the engine;
 * it says "resumed" if all went as it must.
 */
public final class ScarceDescriptorsMain {
  private static final int TURNS = 10_000;
  private static final long STEP_NANOS = 1_000_000;

  private final Engine engine;
  private final Sockets sockets;
  private final List<Integer> connections = new ArrayList<>();
  private int stopped;

  private ScarceDescriptorsMain(Engine engine) {
    this.engine = engine;
    this.sockets = engine.sockets();
  }

  public static void main(String[] arguments) throws IOException, ClassNotFoundException {
    loadAllClasses();
    @SuppressWarnings("SystemOut") // a program that speaks to its parent
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Engine engine = Engines.open(arguments[0], EngineOptions.defaults()).engine();
    new ScarceDescriptorsMain(engine).run();
    engine.close();
    out.println("resumed");
  }

  /** A jar stays open, but classes in directories could not be read without descriptors. */
  static void loadAllClasses() throws IOException, ClassNotFoundException {
    ClassLoader loader = ScarceDescriptorsMain.class.getClassLoader();
    Path root = Path.of(URI.create(Engine.class.getResource("Engine.class").toString()));
    Path classes = root.resolve("../../..").normalize();
    try (Stream<Path> files = Files.walk(classes.resolve("gyre"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        String name = classes.relativize(file).toString().replace('/', '.');
        if (!name.endsWith("-info.class")) {
          Class<?> ignored =
              Class.forName(name.substring(0, name.length() - ".class".length()), false, loader);
        }
      }
    }
  }

  private final class Accepting extends Accept {
    @Override
    public void accepted(int connection) {
      connections.add(connection);
    }

    @Override
    public void ended(int error) {
      stopped = error;
    }
  }

  private static final class Connecting extends Connect {
    int result = 1;

    @Override
    public void ended(int outcome) {
      result = outcome;
    }
  }

  private void run() {
    int listener = sockets.open(Sockets.Family.INET4, Sockets.Type.STREAM);
    require(
        sockets.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)) == 0);
    require(sockets.listen(listener, 64) == 0);
    SocketAddress address = Objects.requireNonNull(sockets.localAddress(listener));
    Accepting accepting = new Accepting();
    accepting.descriptor = listener;
    engine.submit(accepting);
    Connecting first = connect(address);
    turnUntilDone(() -> first.result == 0 && connections.size() == 1);

    // io_uring keeps to the limit that held when an operation was submitted.
    engine.cancel(accepting);
    turnUntilDone(accepting::isIdle);
    List<Integer> hoard = limitAndHoard();
    engine.submit(accepting);
    sockets.close(hoard.removeLast());
    Connecting second = connect(address);
    turnUntilDone(() -> second.result == 0 && accepting.isIdle());
    require(stopped == Errno.EMFILE.negated());
    require(connections.size() == 1);

    hoard.forEach(sockets::close);
    engine.submit(accepting);
    turnUntilDone(() -> connections.size() == 2);
    engine.cancel(accepting);
    turnUntilDone(accepting::isIdle);
    require(stopped == Errno.ECANCELED.negated());
  }

  private List<Integer> limitAndHoard() {
    require(LinuxProcess.limit(new CallState(), LinuxProcess.RLIMIT_NOFILE, 256) == 0);
    List<Integer> hoard = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      int socket = sockets.open(Sockets.Family.INET4, Sockets.Type.STREAM);
      if (socket < 0) {
        require(socket == Errno.EMFILE.negated());
        return hoard;
      }
      hoard.add(socket);
    }
    throw new AssertionError("no end of descriptors");
  }

  private Connecting connect(SocketAddress address) {
    Connecting connecting = new Connecting();
    connecting.descriptor = sockets.open(Sockets.Family.INET4, Sockets.Type.STREAM);
    require(connecting.descriptor >= 0);
    connecting.target = address;
    engine.submit(connecting);
    return connecting;
  }

  private interface Condition {
    boolean holds();
  }

  private void turnUntilDone(Condition condition) {
    for (int turn = 0; turn < TURNS && !condition.holds(); turn++) {
      engine.await(STEP_NANOS);
      int ignored = engine.dispatch(64);
    }
    require(condition.holds());
  }

  private void require(boolean holds) {
    if (!holds) {
      throw new AssertionError(
          "stopped %s, connections %s".formatted(Errno.describe(stopped), connections));
    }
  }
}
