package gyre.engine.choice;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.net.Datagram;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.net.UdpSocket;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Does all that moves bytes, where the JVM may deny native access. Its argument is the engine; it
 * says which it got and why, and a line for each thing that worked.
 */
public final class DeniedMain {
  /** More than a socket takes at once, and no multiple of any block. */
  private static final int LARGE_BYTES = 5_000_003;

  private static final int ROUNDS = 50;

  private final PrintStream out;

  private DeniedMain(PrintStream out) {
    this.out = out;
  }

  private interface Part {
    void run() throws IOException;
  }

  public static void main(String[] arguments) {
    @SuppressWarnings("SystemOut") // a program that speaks to its parent
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    DeniedMain program = new DeniedMain(out);
    try (Loop loop = Loop.open(LoopOptions.defaults().engine(arguments[0]))) {
      out.println(loop.engineExplanation());
      loop.run(program::run);
    }
  }

  private void run() throws IOException {
    part("direct", DeniedMain::direct);
    part("push", DeniedMain::push);
    part("bulk", DeniedMain::bulk);
    part("datagrams", DeniedMain::datagrams);
    part("files", DeniedMain::files);
    part("queues", DeniedMain::queues);
  }

  private void part(String name, Part part) throws IOException {
    part.run();
    out.println(name);
  }

  private static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >>> 11));
    }
    return bytes;
  }

  private static void requireEqual(byte[] expected, byte[] found) {
    int at = Arrays.mismatch(expected, found);
    if (at >= 0) {
      throw new AssertionError(
          "differs at " + at + ", lengths " + expected.length + " and " + found.length);
    }
  }

  private static void direct() {
    TcpListener listener = TcpListener.bind("127.0.0.1", 0);
    try (Scope scope = Scope.open("direct")) {
      Fiber<?> server =
          scope.start(() ->
              listener.serve(stream -> {
                ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
                while (stream.read(buffer.clear()) >= 0) {
                  stream.write(buffer.flip());
                }
              }));
      exchange(listener, 100);
      exchange(listener, 3000);
      listener.close();
      server.join();
    }
  }

  private static void push() {
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      listener.onConnection(stream -> stream.onData(stream::write));
      exchange(listener, 100);
      exchange(listener, 40_000);
    }
  }

  private static void exchange(TcpListener listener, int length) {
    try (TcpStream stream = TcpStream.connect(listener.address())) {
      byte[] sent = pattern(length);
      for (int i = 0; i < ROUNDS; i++) {
        stream.write(sent);
        ByteBuffer answer = ByteBuffer.allocate(length);
        stream.readFully(answer);
        requireEqual(sent, answer.array());
      }
    }
  }

  /** Both ways at once: neither end may wait for the other. */
  private static void bulk() {
    byte[] sent = pattern(LARGE_BYTES);
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      listener.onConnection(stream -> stream.onData(stream::write));
      try (TcpStream stream = TcpStream.connect(listener.address());
          Scope scope = Scope.open("bulk")) {
        Fiber<?> writer = scope.start(() -> stream.write(ByteBuffer.wrap(sent)));
        ByteBuffer answer = ByteBuffer.allocateDirect(LARGE_BYTES);
        stream.readFully(answer);
        writer.join();
        byte[] found = new byte[LARGE_BYTES];
        answer.flip().get(found);
        requireEqual(sent, found);
      }
    }
  }

  private static void datagrams() {
    try (UdpSocket left = UdpSocket.bind("127.0.0.1", 0);
        UdpSocket right = UdpSocket.bind("127.0.0.1", 0)) {
      for (int length : new int[] {0, 1, 1000, 60_000}) {
        byte[] sent = pattern(length);
        left.send(ByteBuffer.wrap(sent), right.localAddress());
        Datagram received = right.receive();
        byte[] found = new byte[received.payload().remaining()];
        received.payload().get(found);
        requireEqual(sent, found);
      }
    }
  }

  /** What a program does that serves files: it maps them, and lends the mapping to a stream. */
  private static void files() throws IOException {
    Path path = Files.createTempFile("gyre", ".bin");
    try {
      byte[] content = pattern(300_001);
      Files.write(path, content);
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      try (FileChannel file = FileChannel.open(path);
          Scope scope = Scope.open("files")) {
        ByteBuffer mapped = file.map(FileChannel.MapMode.READ_ONLY, 0, content.length);
        Fiber<?> server =
            scope.start(() ->
                listener.serve(stream -> {
                  ByteQueue queue = stream.input().sibling();
                  queue.appendReference(mapped.duplicate(), () -> {});
                  stream.write(queue);
                }));
        try (TcpStream stream = TcpStream.connect(listener.address())) {
          ByteBuffer answer = ByteBuffer.allocate(content.length);
          stream.readFully(answer);
          requireEqual(content, answer.array());
        }
        listener.close();
        server.join();
      }
    } finally {
      Files.delete(path);
    }
  }

  /** Apart from any loop: memory that goes with the queue. */
  private static void queues() {
    for (int i = 0; i < ROUNDS; i++) {
      try (ByteQueue queue = ByteQueue.create()) {
        byte[] bytes = pattern(100_000);
        queue.append(bytes);
        queue.prependInt(42);
        queue.append("Grüße");
        ByteBuffer space = queue.reserve(20_000);
        space.put((byte) 7);
        queue.commit(1);
        queue.append(ByteBuffer.allocateDirect(50).put(new byte[50]).flip());
        if (queue.readInt() != 42 || queue.indexOf((byte) 7, 100_007) != 100_007) {
          throw new AssertionError(queue.toString());
        }
        requireEqual(bytes, queue.take(bytes.length));
        if (!queue.readString(7, StandardCharsets.UTF_8).equals("Grüße")) {
          throw new AssertionError(queue.toString());
        }
      }
    }
  }
}
