package gyre.lab.gates;

import gyre.lab.race.ProcessFiles;
import gyre.lab.result.Latency;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens many connections, asks on each, holds all, and asks on each again. Some are on their way at
 * a time, so that no backlog of a listener is judged in place of the server.
 */
final class Holder {
  private static final int AT_A_TIME = 128;

  /** A handshake is work for this side too, which is not to be taken for the server's. */
  private static final int HANDSHAKES_AT_A_TIME = 8;

  private static final int PASSES = 2;

  /** Enough to know; a server that refuses all others would cost as many tries. */
  private static final int FAILURES_AT_MOST = 20;

  /** Of the ports that a source address has, some 28,000: others are still being closed. */
  private static final int FROM_ONE_ADDRESS = 5000;

  private static final int USUAL_PORTS = 28_000;
  private static final int SPARE_DESCRIPTORS = 200;
  private static final int SPARE_OF_SERVER = 64;
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final long SELECT_MILLIS = 50;

  /** One that is asked waits for so long at most. */
  private static final long ANSWER_NANOS = 5_000_000_000L;

  private final Target target;
  private final GateOptions options;
  private final long deadlineNanos;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final List<Held> all = new ArrayList<>();
  private final Deque<Held> asked = new ArrayDeque<>();
  private final List<Long> waits = new ArrayList<>();
  private int onTheirWay;
  private int opened;
  private int failures;
  private boolean isTimeOver;
  private String failure = "";

  Holder(Target target, GateOptions options, int millis) {
    this.target = target;
    this.options = options;
    this.deadlineNanos = System.nanoTime() + millis * 1_000_000L;
  }

  /** A connection. */
  private static final class Held {
    private final int number;
    private final SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable Answer answer;
    private @Nullable Tls tls;

    /** 0 while nothing is asked. */
    private long askedNanos;

    private int served;
    private boolean isOver;

    Held(int number, SocketChannel channel) {
      this.number = number;
      this.channel = channel;
    }

    SelectionKey key() {
      return java.util.Objects.requireNonNull(key);
    }
  }

  /** How many there is room for, and what there is not more of. */
  record Room(int connections, String narrow) {}

  Measured run() {
    Room room = room();
    try (Selector selector = Selector.open()) {
      try {
        for (int pass = 0; pass < PASSES && failures == 0 && !isTimeOver; pass++) {
          ask(selector, room.connections(), pass);
        }
      } finally {
        close();
      }
    } catch (IOException e) {
      return new Measured.Unknown("connections can't be opened here: " + e.getMessage());
    }
    int served = (int) all.stream().filter(each -> each.served == PASSES).count();
    int servedOnce = (int) all.stream().filter(each -> each.served > 0).count();
    return new Measured.Held(
        options.heldConnections(),
        room.connections(),
        room.narrow(),
        opened,
        failures == 0 && !isTimeOver ? served : servedOnce,
        failure,
        Latency.of(waits, waits.stream().map(_ -> 1L).toList()));
  }

  private Room room() {
    int wanted = options.heldConnections();
    long own = ProcessFiles.descriptors() - SPARE_DESCRIPTORS;
    Room room = new Room(wanted, "");
    if (own < room.connections()) {
      room = new Room((int) Math.max(1, own), "this process may open " + own + " more (ulimit -n)");
    }
    for (long pid : target.processes()) {
      long left = left(pid);
      if (left < room.connections()) {
        room =
            new Room(
                (int) Math.max(1, left),
                "process " + pid + " may open " + left + " more descriptors (its ulimit -n)");
      }
    }
    if (!hasSources()) {
      int ports = portRange() * 9 / 10;
      if (ports < room.connections()) {
        room = new Room(ports, "there are " + ports + " ports for one address of the server");
      }
    }
    return room;
  }

  /** Descriptors that a process may still open; many where that can't be seen. */
  private static long left(long pid) {
    try {
      long limit = softLimit(Files.readAllLines(Path.of("/proc/" + pid + "/limits")));
      try (var files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
        return limit - files.count() - SPARE_OF_SERVER;
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      return Long.MAX_VALUE;
    }
  }

  static long softLimit(List<String> limits) {
    for (String line : limits) {
      if (line.startsWith("Max open files")) {
        String soft = line.split("\\s+", -1)[3];
        return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
      }
    }
    return Long.MAX_VALUE;
  }

  private static int portRange() {
    // Not Files.readString, whose first read is small: the kernel tells that one number, and no
    // more.
    try (InputStream file =
        Files.newInputStream(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))) {
      return portRange(new String(file.readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return USUAL_PORTS;
    }
  }

  static int portRange(String text) {
    String[] ends = text.strip().split("\\s+", -1);
    boolean areTwo = ends.length == 2 && text.strip().matches("[0-9]{1,5}\\s+[0-9]{1,5}");
    return areTwo ? Integer.parseInt(ends[1]) - Integer.parseInt(ends[0]) + 1 : USUAL_PORTS;
  }

  /** Asks each once; in the first pass they are opened too. */
  private void ask(Selector selector, int wanted, int pass) throws IOException {
    int next = 0;
    while ((next < wanted && failures < FAILURES_AT_MOST) || onTheirWay > 0) {
      while (next < wanted && onTheirWay < atATime(pass) && failures < FAILURES_AT_MOST) {
        if (pass == 0) {
          open(selector, next);
        } else if (!all.get(next).isOver) {
          say(all.get(next));
        }
        next++;
      }
      turn(selector);
      if (System.nanoTime() > deadlineNanos) {
        isTimeOver = true;
        return;
      }
    }
  }

  private int atATime(int pass) {
    return pass == 0 && target.isTls() ? HANDSHAKES_AT_A_TIME : AT_A_TIME;
  }

  private void open(Selector selector, int number) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    Held held = new Held(number, channel);
    all.add(held);
    onTheirWay++;
    held.askedNanos = System.nanoTime();
    asked.add(held);
    try {
      if (hasSources()) {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(new InetSocketAddress(source(number), 0));
      }
      held.key = channel.register(selector, SelectionKey.OP_CONNECT, held);
      if (channel.connect(target.address())) {
        connected(held);
      }
    } catch (IOException e) {
      fail(held, "could not be opened: " + e.getMessage());
    }
  }

  /** On loopback IPv4 has sixteen million addresses, and IPv6 one. */
  private boolean hasSources() {
    return target.isLoopback() && target.isV4();
  }

  private static InetAddress source(int number) {
    int host = number / FROM_ONE_ADDRESS;
    return InetAddress.ofLiteral("127.0." + host / 250 + "." + (host % 250 + 1));
  }

  private void turn(Selector selector) throws IOException {
    int ignored = selector.select(SELECT_MILLIS);
    for (SelectionKey key : selector.selectedKeys()) {
      Held held = (Held) key.attachment();
      try {
        if (key.isValid() && key.isConnectable() && held.channel.finishConnect()) {
          connected(held);
        } else if (key.isValid() && key.isReadable()) {
          read(held);
        }
      } catch (IOException e) {
        fail(held, (held.answer == null ? "was refused: " : "was cut: ") + e.getMessage());
      }
    }
    selector.selectedKeys().clear();
    long now = System.nanoTime();
    for (Held first = asked.peek(); first != null; first = asked.peek()) {
      if (isWaiting(first)) {
        if (now - first.askedNanos < ANSWER_NANOS) {
          return;
        }
        fail(first, "was not answered for " + ANSWER_NANOS / 1_000_000_000 + " s");
      }
      asked.remove();
    }
  }

  private static boolean isWaiting(Held held) {
    return !held.isOver && held.askedNanos != 0;
  }

  private void connected(Held held) throws IOException {
    opened++;
    onTheirWay--;
    asked.remove(held);
    held.key().interestOps(SelectionKey.OP_READ);
    if (target.isTls()) {
      greet(held);
    } else {
      say(held);
    }
  }

  /** Until the handshake is over it is on its way, and has to answer like one that was asked. */
  private void greet(Held held) {
    held.tls = new Tls(target.tlsName(), target.address().getPort());
    held.askedNanos = System.nanoTime();
    onTheirWay++;
    asked.add(held);
    try {
      held.tls.begin(held.channel);
    } catch (IOException e) {
      fail(held, "was cut: " + e.getMessage());
    }
  }

  private void say(Held held) throws IOException {
    held.answer = Answer.to(target, held.number, options.messageBytes());
    held.askedNanos = System.nanoTime();
    onTheirWay++;
    asked.add(held);
    byte[] question = held.answer.question();
    try {
      if (!isSaid(held, question)) {
        fail(held, "took only a part of a message of " + question.length + " bytes");
      }
    } catch (IOException e) {
      fail(held, "was cut: " + e.getMessage());
    }
  }

  private static boolean isSaid(Held held, byte[] question) throws IOException {
    if (held.tls != null) {
      return held.tls.say(held.channel, question);
    }
    ByteBuffer bytes = ByteBuffer.wrap(question);
    int ignored = held.channel.write(bytes);
    return !bytes.hasRemaining();
  }

  private void read(Held held) throws IOException {
    buffer.clear();
    int count = held.channel.read(buffer);
    if (count < 0) {
      fail(held, "was closed by the server");
    } else if (held.tls == null) {
      take(held, buffer.flip());
    } else {
      boolean wasReady = held.tls.isReady();
      ByteBuffer plain = held.tls.take(held.channel, buffer.flip());
      if (!wasReady && held.tls.isReady()) {
        onTheirWay--;
        asked.remove(held);
        say(held);
      }
      if (plain.hasRemaining()) {
        take(held, plain);
      }
    }
  }

  private void take(Held held, ByteBuffer bytes) {
    Answer answer = held.answer;
    if (held.askedNanos == 0 || answer == null) {
      fail(held, "said something without being asked");
    } else {
      String wrong = answer.take(bytes);
      if (!wrong.isEmpty()) {
        fail(held, wrong);
      } else if (answer.isWhole()) {
        waits.add(System.nanoTime() - held.askedNanos);
        held.askedNanos = 0;
        held.served++;
        onTheirWay--;
      }
    }
  }

  private void fail(Held held, String what) {
    if (!held.isOver) {
      held.isOver = true;
      onTheirWay -= held.askedNanos == 0 ? 0 : 1;
      held.askedNanos = 0;
      shut(held.channel);
    }
    if (failures++ == 0) {
      failure = "connection " + (held.number + 1) + " " + what;
    }
  }

  private void close() {
    all.forEach(each -> shut(each.channel));
  }

  private static void shut(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It was over anyway.
    }
  }
}
