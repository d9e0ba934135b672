package gyre.sim.real;

import gyre.engine.Vector;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxSockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * The left end of a connection that is no Gyre stream: a thread with blocking calls, which sends
 * what makes a read of the other end stop early, though there is more.
 */
abstract sealed class Outsider {
  private static final long LOOK_NANOS = 200_000;

  /** Sends bytes with a mark behind or beside them, at which a read stops. */
  abstract void sendMarked(byte[] bytes) throws IOException;

  abstract void send(byte[] bytes) throws IOException;

  /** Says that nothing more comes, waits for the other's end, and closes. */
  abstract void end() throws IOException;

  /** The JDK keeps a socket for those that are closed while a thread reads from them. */
  @SuppressWarnings("try") // closing is what it is about
  static void warmUp() {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket socket = new Socket(listener.getInetAddress(), listener.getLocalPort());
        Socket peer = listener.accept()) {
      Thread reader = Thread.ofPlatform().daemon().start(() -> readOne(peer));
      while (reader.getState() != Thread.State.TERMINATED && !isReading(reader)) {
        Thread.onSpinWait();
      }
      peer.close();
      assert socket.isConnected();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isReading(Thread reader) {
    return Arrays.stream(reader.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("implRead"));
  }

  private static void readOne(Socket peer) {
    try {
      int ignored = peer.getInputStream().read();
    } catch (IOException e) {
      // It was closed, as it has to be.
    }
  }

  /** Connects it and plays its part on a thread of its own. */
  static CompletableFuture<Boolean> play(
      Run run, Connection connection, List<Step> writes, Connecting connecting) {
    connection.await();
    CompletableFuture<Boolean> over = new CompletableFuture<>();
    Thread ignored =
        Thread.ofPlatform()
            .daemon()
            .name("outsider " + connection.number())
            .start(() -> {
              try {
                play(run, connection.flow(false), writes, connecting.connect());
              } catch (Throwable e) {
                run.failed("the outsider of connection " + connection.number(), e);
              } finally {
                over.complete(true);
              }
            });
    return over;
  }

  interface Connecting {
    Outsider connect() throws IOException;
  }

  /**
   * Behind each mark comes a bit more, and then nothing before that is received: so nothing else
   * tells the other end of it.
   */
  private static void play(Run run, Flow out, List<Step> writes, Outsider peer) throws IOException {
    for (int i = 0; i < writes.size() && !run.isOver(); i++) {
      byte[] bytes = out.next(0, writes.get(i).bytes());
      out.writes(bytes.length);
      if (i % 2 == 0) {
        peer.sendMarked(bytes);
      } else {
        peer.send(bytes);
      }
      out.wrote(bytes.length);
      while (i % 2 == 1 && !out.isAllReceived() && !run.isOver()) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
    out.endsSoon();
    peer.end();
  }

  /** Sends the last byte of each as urgent data, which is received in its place. */
  static final class Urgent extends Outsider {
    private final Socket socket = new Socket();

    Urgent(String host, int port) throws IOException {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(host, port));
    }

    @Override
    void sendMarked(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes, 0, bytes.length - 1);
      socket.sendUrgentData(bytes[bytes.length - 1]);
    }

    @Override
    void send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    @Override
    void end() throws IOException {
      try (socket) {
        socket.shutdownOutput();
        while (socket.getInputStream().read() >= 0) {
          // It writes nothing.
        }
      }
    }
  }

  /** Sends descriptors of its own over a Unix socket, which nobody takes. */
  static final class Passing extends Outsider {
    private static final int SCM_RIGHTS = 1;
    private static final int CONTROL_BYTES = 24;

    private final CallState calls = new CallState();
    private final int descriptor;

    Passing(Path path) throws IOException {
      descriptor =
          checked(
              LinuxSockets.socket(
                  calls,
                  LinuxSockets.AF_UNIX,
                  LinuxSockets.SOCK_STREAM | LinuxSockets.SOCK_CLOEXEC,
                  0));
      byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
      try (Arena arena = Arena.ofConfined()) {
        int length = Short.BYTES + name.length + 1;
        MemorySegment address = arena.allocate(length, 8);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) LinuxSockets.AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, name.length);
        int ignored = checked(LinuxSockets.connect(calls, descriptor, address.address(), length));
      }
    }

    private static int checked(int result) throws IOException {
      if (result < 0) {
        throw new IOException("errno " + -result);
      }
      return result;
    }

    @Override
    void sendMarked(byte[] bytes) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment vector = arena.allocate(Vector.ENTRY_BYTES, 8);
        vector.set(ValueLayout.JAVA_LONG, 0, copy(arena, bytes).address());
        vector.set(ValueLayout.JAVA_LONG, 8, bytes.length);
        MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
        control.set(ValueLayout.JAVA_LONG, 0, 20);
        control.set(ValueLayout.JAVA_INT, 8, LinuxSockets.SOL_SOCKET);
        control.set(ValueLayout.JAVA_INT, 12, SCM_RIGHTS);
        control.set(ValueLayout.JAVA_INT, 16, descriptor);
        MemorySegment message = arena.allocate(LinuxSockets.MESSAGE_BYTES, 8);
        LinuxSockets.putMessage(message.address(), 0, 0, vector.address(), 1);
        message.set(ValueLayout.JAVA_LONG, 32, control.address());
        message.set(ValueLayout.JAVA_LONG, 40, control.byteSize());
        int flags = LinuxSockets.MSG_NOSIGNAL;
        sent(LinuxSockets.sendmsg(calls, descriptor, message.address(), flags), bytes.length);
      }
    }

    @Override
    void send(byte[] bytes) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        long address = copy(arena, bytes).address();
        int flags = LinuxSockets.MSG_NOSIGNAL;
        sent(LinuxSockets.send(calls, descriptor, address, bytes.length, flags), bytes.length);
      }
    }

    private static MemorySegment copy(Arena arena, byte[] bytes) {
      return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    }

    private static void sent(int result, int length) throws IOException {
      if (checked(result) != length) {
        throw new IOException("a part was sent: " + result + " of " + length);
      }
    }

    @Override
    void end() throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        int ignored = checked(LinuxSockets.shutdown(calls, descriptor, LinuxSockets.SHUT_WR));
        MemorySegment one = arena.allocate(1);
        while (checked(LinuxSockets.recv(calls, descriptor, one.address(), 1, 0)) > 0) {
          // It writes nothing.
        }
      } finally {
        LinuxFiles.discard(descriptor);
      }
    }
  }
}
