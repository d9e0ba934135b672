package gyre.lab.program;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Sends a request, waits for the answer, compares every byte, pauses, and so on. */
final class HonestClient implements Runnable {
  /** Every so many requests it connects anew. */
  private static final int REQUESTS_A_CONNECTION = 10;

  private static final int MOST_REQUESTS = 100_000;
  private static final int CONNECT_MILLIS = 10_000;

  private final InetSocketAddress server;
  private final String name;
  private final int bytes;
  private final int pauseMillis;
  private final int patienceMillis;
  private final Thread thread;
  private volatile boolean isEnding;

  private final long[] nanos = new long[MOST_REQUESTS];
  private int served;
  private int failed;
  private int wrong;
  private String firstFailure = "";

  private HonestClient(
      InetSocketAddress server, String name, int bytes, int pauseMillis, int patienceMillis) {
    this.server = server;
    this.name = name;
    this.bytes = bytes;
    this.pauseMillis = pauseMillis;
    this.patienceMillis = patienceMillis;
    this.thread = Thread.ofPlatform().daemon().name("honest " + name).unstarted(this);
  }

  /**
   * Begins on a thread of its own.
   *
   * @param patienceMillis a request that takes longer has failed
   */
  static HonestClient start(
      InetSocketAddress server, String name, int bytes, int pauseMillis, int patienceMillis) {
    HonestClient client = new HonestClient(server, name, bytes, pauseMillis, patienceMillis);
    client.thread.start();
    return client;
  }

  @Override
  public void run() {
    try {
      while (!isEnding && served + failed < MOST_REQUESTS) {
        connection();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void connection() throws InterruptedException {
    long beganNanos = System.nanoTime();
    try (Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(patienceMillis);
      socket.connect(server, CONNECT_MILLIS);
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      for (int i = 0; i < REQUESTS_A_CONNECTION && !isEnding && served < MOST_REQUESTS; i++) {
        exchange(out, in);
        nanos[served++] = System.nanoTime() - beganNanos; // with connecting, if it had to
        pause();
        beganNanos = System.nanoTime();
      }
    } catch (IOException e) {
      failed++;
      String failure = "after " + (System.nanoTime() - beganNanos) / 1_000_000 + " ms: " + e;
      firstFailure = firstFailure.isEmpty() ? failure : firstFailure;
      pause();
    }
  }

  private void exchange(DataOutputStream out, DataInputStream in) throws IOException {
    byte[] request = new byte[Integer.BYTES * 2 + bytes];
    for (int i = 0; i < request.length; i++) {
      request[i] = (byte) (i * 31 + served);
    }
    putInt(request, 0, bytes);
    putInt(request, Integer.BYTES, bytes);
    out.write(request);
    byte[] answer = in.readNBytes(bytes);
    if (answer.length < bytes) {
      throw new EOFException("ended after " + answer.length + " of " + bytes + " bytes");
    }
    int from = Integer.BYTES * 2;
    if (!Arrays.equals(answer, 0, bytes, request, from, request.length)) {
      wrong++;
    }
  }

  private static void putInt(byte[] bytes, int at, int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      bytes[at + i] = (byte) (value >>> (Byte.SIZE * (Integer.BYTES - 1 - i)));
    }
  }

  private void pause() throws InterruptedException {
    for (int left = pauseMillis; left > 0 && !isEnding; left -= 100) {
      TimeUnit.MILLISECONDS.sleep(Math.min(left, 100));
    }
  }

  /** Lets a request that is under way come to its end, and tells what was found. */
  void end(Figures figures) throws InterruptedException {
    isEnding = true;
    thread.join(patienceMillis + CONNECT_MILLIS);
    Arrays.sort(nanos, 0, served);
    figures.put(name + "Served", served);
    figures.put(name + "Failed", failed + (thread.isAlive() ? 1 : 0));
    figures.put(name + "Wrong", wrong);
    figures.put(name + "MedianNanos", percentile(50));
    figures.put(name + "P99Nanos", percentile(99));
    figures.put(name + "MaxNanos", percentile(100));
    figures.put(name + "FirstFailure", firstFailure.replaceAll("[\"\\\\\\s]+", " "));
  }

  private long percentile(int percent) {
    return served == 0 ? 0 : nanos[Math.ceilDiv(served * percent, 100) - 1];
  }
}
