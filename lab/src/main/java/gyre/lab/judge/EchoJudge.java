package gyre.lab.judge;

import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;

/**
 * Judges a TCP echo server by its promises: what is sent comes back whole and in order, a slow or
 * rude peer harms nobody, limits and time-outs hold, and SIGTERM lets connections end.
 */
public final class EchoJudge extends ServerJudge {
  private static final int BULK_BYTES = 4 << 20;

  /** More than the buffers of two kernels hold. */
  private static final int STUCK_BYTES = 64 << 20;

  /**
   * Of a server.
   *
   * @param connections how many it is to serve at once
   */
  public EchoJudge(Subject subject, int connections) {
    super(subject, connections);
    promise("echoes pieces of any size", this::pieces);
    promise("echoes what comes before a half-close, then ends", this::halfClose);
    promise("waits for a slow reader, and serves others meanwhile", this::slowReader);
    promiseAll();
    promise("on SIGTERM lets what is under way end", this::drain);
    promise("exits with 1 if it does not end in time", this::drainTimeout);
  }

  private static void echo(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    byte[] back = socket.getInputStream().readNBytes(bytes.length);
    check(Arrays.equals(bytes, back), "other bytes came back than were sent");
  }

  @Override
  void talk(Socket socket, int number) throws IOException {
    echo(socket, bytes(100, number));
  }

  @Override
  byte[] partOfQuestion(int number) {
    return bytes(number * 1000, number);
  }

  private void pieces() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect()) {
      Random random = new Random(1);
      for (int i = 0; i < 200; i++) {
        echo(socket, bytes(1 + random.nextInt(i % 10 == 0 ? 100_000 : 200), i));
      }
    }
  }

  private void halfClose() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect()) {
      byte[] bytes = bytes(50_000, 2);
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      byte[] back = socket.getInputStream().readAllBytes();
      check(Arrays.equals(bytes, back), back.length + " of 50000 bytes came back before the end");
    }
  }

  /** It does not read until the server has stopped to: what it holds by then has a bound. */
  private void slowReader() throws Exception {
    try (JudgedServer server = start();
        Socket slow = server.connect();
        Socket other = server.connect()) {
      byte[] bytes = bytes(BULK_BYTES, 3);
      Thread writer = sendAll(slow, bytes);
      for (int i = 0; i < 50; i++) {
        echo(other, bytes(1000, i));
      }
      byte[] back = slow.getInputStream().readAllBytes();
      writer.join(END_LIMIT);
      check(Arrays.equals(bytes, back), back.length + " of " + BULK_BYTES + " bytes came back");
    }
  }

  /** An idle connection may be ended; what is under way is not. */
  @SuppressWarnings("try") // that it is closed is a part of the check
  private void drain() throws IOException, InterruptedException {
    try (JudgedServer server = start(PATIENT_DRAIN);
        Socket socket = server.connect()) {
      byte[] bytes = bytes(BULK_BYTES, 9);
      Thread writer = sendAll(socket, bytes);
      int first = socket.getInputStream().read();
      check(first == (bytes[0] & 0xff), "the first byte that came back is " + first);
      server.terminate();
      awaitRefusal(server);
      byte[] rest = socket.getInputStream().readAllBytes();
      writer.join(END_LIMIT);
      check(
          Arrays.equals(Arrays.copyOfRange(bytes, 1, bytes.length), rest),
          rest.length + 1 + " of " + BULK_BYTES + " bytes came back");
      socket.close();
      int code = server.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  @SuppressWarnings("try") // that it is closed is a part of the check
  private void drainTimeout() throws IOException, InterruptedException {
    try (JudgedServer server = start("--drain-timeout", "1");
        Socket socket = server.connect()) {
      Thread writer = sendAll(socket, new byte[STUCK_BYTES]);
      int ignored = socket.getInputStream().read(); // and no more
      server.terminate();
      int code = server.await(END_LIMIT);
      check(code == 1, "it exited with " + code);
      socket.close();
      writer.join(END_LIMIT);
    }
  }
}
