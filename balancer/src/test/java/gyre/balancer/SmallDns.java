package gyre.balancer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A name server of a few lines, whose records a test changes. They are of use for a second. */
final class SmallDns implements AutoCloseable {
  private static final int A = 1;
  private static final int SRV = 33;
  private static final int NAME_ERROR = 3;
  private static final int SERVER_FAILURE = 2;
  private static final int HEADER_BYTES = 12;

  private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
  private final Map<String, List<byte[]>> records = new ConcurrentHashMap<>();
  volatile boolean isFailing;

  SmallDns() throws IOException {
    Thread.ofVirtual().start(this::serve);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(socket.getLocalAddress(), socket.getLocalPort());
  }

  void addresses(String name, String... addresses) {
    List<byte[]> all = new ArrayList<>();
    for (String each : addresses) {
      all.add(InetAddress.ofLiteral(each).getAddress());
    }
    records.put(A + name, all);
  }

  /**
   * @param services each as "PRIORITY WEIGHT PORT HOST"
   */
  void services(String name, String... services) {
    List<byte[]> all = new ArrayList<>();
    for (String each : services) {
      String[] words = each.split(" ", -1);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int i = 0; i < 3; i++) {
        out.write(Integer.parseInt(words[i]) >> 8);
        out.write(Integer.parseInt(words[i]));
      }
      for (String label : words[3].split("\\.", -1)) {
        out.write(label.length());
        out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
      }
      out.write(0);
      all.add(out.toByteArray());
    }
    records.put(SRV + name, all);
  }

  private void serve() {
    byte[] room = new byte[512];
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(room, room.length);
        socket.receive(packet);
        byte[] answer = answer(packet.getData(), packet.getLength());
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        return;
      }
    }
  }

  private byte[] answer(byte[] question, int length) {
    StringBuilder name = new StringBuilder();
    int at = HEADER_BYTES;
    for (; question[at] != 0; at += 1 + question[at]) {
      name.append(name.isEmpty() ? "" : ".")
          .append(new String(question, at + 1, question[at], StandardCharsets.US_ASCII));
    }
    int end = at + 5;
    int type = question[at + 2] & 0xFF;
    List<byte[]> found = records.getOrDefault(type + name.toString(), List.of());
    boolean isKnown = records.containsKey(A + name.toString()) || !found.isEmpty();
    int code = isFailing ? SERVER_FAILURE : isKnown ? 0 : NAME_ERROR;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(question, 0, 2);
    int answers = code == 0 ? found.size() : 0;
    out.writeBytes(
        new byte[] {(byte) 0x81, (byte) (0x80 | code), 0, 1, 0, (byte) answers, 0, 0, 0, 0});
    out.write(question, HEADER_BYTES, end - HEADER_BYTES);
    assert end <= length;
    for (int i = 0; i < answers; i++) {
      byte[] data = found.get(i);
      out.writeBytes(new byte[] {(byte) 0xC0, HEADER_BYTES, 0, (byte) type, 0, 1, 0, 0, 0, 0});
      out.write(data.length >> 8);
      out.write(data.length);
      out.writeBytes(data);
    }
    return out.toByteArray();
  }

  @Override
  public void close() {
    socket.close();
  }
}
