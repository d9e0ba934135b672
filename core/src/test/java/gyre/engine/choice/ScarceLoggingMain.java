package gyre.engine.choice;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sys.CallState;
import gyre.sys.LinuxProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Has something to log for the first time when no descriptor is left, and again when there are
 * some. Its argument is the engine; what it logs goes where its parent reads.
 */
public final class ScarceLoggingMain {
  private static final int DESCRIPTORS = 256;

  private ScarceLoggingMain() {}

  public static void main(String[] arguments) throws Exception {
    ScarceDescriptorsMain.loadAllClasses();
    @SuppressWarnings("SystemOut") // a program that speaks to its parent
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (Loop loop = Loop.open(LoopOptions.defaults().engine(arguments[0]))) {
      loop.run(() -> {
        if (LinuxProcess.limit(new CallState(), LinuxProcess.RLIMIT_NOFILE, DESCRIPTORS) != 0) {
          throw new AssertionError("no limit");
        }
        TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        listener.onConnection(stream -> stream.onData(stream::write));
        TcpStream first = TcpStream.connect(listener.address());
        List<FileChannel> hoard = hoard();
        fail("while there are none");
        hoard.removeFirst().close();
        TcpStream second = TcpStream.connect(listener.address()); // nothing is left to accept it
        for (FileChannel each : hoard) {
          each.close();
        }
        fail("when there are some");
        second.close();
        first.close();
        listener.close();
      });
    }
    out.println("ended");
  }

  private static List<FileChannel> hoard() {
    Path any = Path.of(System.getProperty("java.home"), "release");
    List<FileChannel> hoard = new ArrayList<>();
    while (hoard.size() <= DESCRIPTORS) {
      try {
        hoard.add(FileChannel.open(any));
      } catch (IOException e) {
        return hoard;
      }
    }
    throw new AssertionError("no end of descriptors");
  }

  /** A failure that nobody waits for is logged. */
  private static void fail(String when) {
    try (Scope scope = Scope.openIsolated("failing")) {
      Fiber<?> failing =
          scope.start(() -> {
            throw new IllegalStateException("failed " + when);
          });
      assert failing.isAlive();
      scope.join();
    }
  }
}
