package gyre.net;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.MessageStream;
import gyre.io.codec.Framing;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A small name server, which can also do everything wrong. */
final class DnsServer implements AutoCloseable {
  /** What becomes of the next answers over UDP, one each; after that they are in order. */
  enum Trick {
    LOST,
    GARBAGE,
    WRONG_NUMBER,
    WRONG_QUESTION,
    TRUNCATED,
    FAILED
  }

  private static final int SERVER_FAILURE = 2;

  @SuppressWarnings("ArrayRecordComponent") // nobody else has it
  private record Entry(int type, byte[] data, int ttlSeconds) {}

  private static final int MOST_TRIES = 20;

  private final UdpSocket udp;
  private final TcpListener tcp;
  private final Map<String, List<Entry>> entries = new HashMap<>();
  final List<Trick> tricks = new ArrayList<>();
  int askedOverUdp;
  int askedOverTcp;

  private DnsServer(UdpSocket udp, TcpListener tcp) {
    this.udp = udp;
    this.tcp = tcp;
  }

  /** Serves in the scope that is current, until it is closed. */
  static DnsServer open() {
    DnsServer server = listen();
    Scope scope = Scope.current();
    scope.start("dns over udp", server::serveUdp);
    scope.start("dns over tcp", server::serveTcp);
    return server;
  }

  /** On the same port for both, which the system does not choose together. */
  private static DnsServer listen() {
    for (int tries = 1; ; tries++) {
      UdpSocket udp = UdpSocket.bind("127.0.0.1", 0);
      try {
        return new DnsServer(udp, TcpListener.bind("127.0.0.1", udp.port()));
      } catch (NetworkException e) {
        udp.close();
        if (tries == MOST_TRIES) {
          throw e;
        }
      }
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), udp.port());
  }

  private void add(String name, int type, byte[] data, int ttlSeconds) {
    entries.computeIfAbsent(name, _ -> new ArrayList<>()).add(new Entry(type, data, ttlSeconds));
  }

  DnsServer address(String name, String address, int ttlSeconds) {
    byte[] bytes = InetAddress.ofLiteral(address).getAddress();
    add(name, bytes.length == 4 ? DnsMessage.A : DnsMessage.AAAA, bytes, ttlSeconds);
    return this;
  }

  DnsServer alias(String name, String target) {
    add(name, DnsMessage.CNAME, encoded(target), 60);
    return this;
  }

  DnsServer service(String name, int priority, int weight, int port, String host) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (int value : new int[] {priority, weight, port}) {
      data.write(value >>> 8);
      data.write(value);
    }
    data.writeBytes(encoded(host));
    add(name, DnsMessage.SRV, data.toByteArray(), 60);
    return this;
  }

  private static byte[] encoded(String name) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DnsMessage.putName(out, name);
    return out.toByteArray();
  }

  // ---- serving

  private void serveUdp() {
    try {
      while (true) {
        Datagram question = udp.receive();
        byte[] bytes = new byte[question.payload().remaining()];
        question.payload().get(bytes);
        askedOverUdp++;
        answerUdp(bytes, question.address());
      }
    } catch (IllegalStateException e) {
      assert !udp.isOpen();
    }
  }

  private void answerUdp(byte[] question, InetSocketAddress from) {
    Trick trick = tricks.isEmpty() ? null : tricks.removeFirst();
    byte[] answer = answer(question, trick == Trick.TRUNCATED);
    if (trick != null) {
      switch (trick) {
        case LOST -> {
          return;
        }
        case GARBAGE -> udp.send(ByteBuffer.wrap(new byte[] {1, 2, 3}), from);
        case WRONG_NUMBER -> send(answer, 0, from);
        case WRONG_QUESTION -> send(answer, 13, from);
        case TRUNCATED -> {}
        case FAILED -> answer[3] = (byte) ((answer[3] & 0xF0) | SERVER_FAILURE);
      }
    }
    udp.send(ByteBuffer.wrap(answer), from);
  }

  /** One byte of it is changed, and its last address is another one. */
  private void send(byte[] answer, int index, InetSocketAddress to) {
    byte[] changed = answer.clone();
    changed[index] ^= 1;
    changed[changed.length - 1] ^= 0x55;
    udp.send(ByteBuffer.wrap(changed), to);
  }

  private void serveTcp() {
    tcp.serve(stream -> {
      MessageStream<byte[], byte[]> messages =
          MessageStream.over(stream, Framing.lengthPrefix(2, 1000).bytes());
      for (byte[] question : messages) {
        askedOverTcp++;
        messages.send(answer(question, false));
      }
    });
  }

  private byte[] answer(byte[] question, boolean isTruncated) {
    String name = name(question);
    int type = question[question.length - 3] & 0xFF;
    List<Entry> known = entries.getOrDefault(name, List.of());
    List<Entry> found =
        known.stream().filter(e -> e.type == type || e.type == DnsMessage.CNAME).toList();
    boolean isNegative = found.isEmpty();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(question[0]);
    out.write(question[1]);
    out.write(isTruncated ? 0x83 : 0x81);
    out.write(0x80 | (known.isEmpty() ? DnsMessage.NAME_ERROR : 0));
    out.writeBytes(new byte[] {0, 1, 0, (byte) found.size(), 0, (byte) (isNegative ? 1 : 0), 0, 0});
    out.write(question, 12, question.length - 12);
    if (isTruncated) {
      return out.toByteArray();
    }
    for (Entry entry : found) {
      record(out, entry);
    }
    if (isNegative) {
      ByteArrayOutputStream authority = new ByteArrayOutputStream();
      authority.writeBytes(new byte[2 + 16]); // two roots
      authority.writeBytes(new byte[] {0, 0, 0, 30});
      record(out, new Entry(DnsMessage.SOA, authority.toByteArray(), 600));
    }
    return out.toByteArray();
  }

  private static void record(ByteArrayOutputStream out, Entry entry) {
    out.writeBytes(new byte[] {(byte) 0xC0, 12, 0, (byte) entry.type, 0, 1});
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.write(entry.ttlSeconds >>> shift);
    }
    out.write(entry.data.length >>> 8);
    out.write(entry.data.length);
    out.writeBytes(entry.data);
  }

  private static String name(byte[] question) {
    StringBuilder name = new StringBuilder();
    for (int at = 12; question[at] != 0; at += 1 + question[at]) {
      name.append(name.isEmpty() ? "" : ".")
          .append(new String(question, at + 1, question[at], StandardCharsets.US_ASCII));
    }
    return name.toString();
  }

  @Override
  public void close() {
    udp.close();
    tcp.close();
    Fiber.yield();
  }
}
