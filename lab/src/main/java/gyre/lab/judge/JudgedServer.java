package gyre.lab.judge;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server under judgement: a process that says where it listens. */
final class JudgedServer implements AutoCloseable {
  private static final String GREETING = "listening on ";
  private static final int SOCKET_TIMEOUT_MILLIS = 20_000;

  private final Process process;
  private final InetSocketAddress address;

  private JudgedServer(Process process, InetSocketAddress address) {
    this.process = process;
    this.address = address;
  }

  /** Starts it on a port that the system chooses, and waits until it listens. */
  static JudgedServer start(List<String> command, String... options) throws IOException {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of("--listen", "127.0.0.1:0"));
    all.addAll(List.of(options));
    Process process =
        new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    BufferedReader output = process.inputReader();
    String line = output.readLine();
    if (line == null || !line.startsWith(GREETING)) {
      process.destroyForcibly();
      throw new JudgementException(
          "its first line is not \"" + GREETING + "HOST:PORT\" but " + line);
    }
    int colon = line.lastIndexOf(':');
    int port = Integer.parseInt(line.substring(colon + 1).strip());
    return new JudgedServer(process, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.connect(address, SOCKET_TIMEOUT_MILLIS);
    socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
    return socket;
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Its exit code. */
  int await(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new JudgementException("it did not end within " + limit.toSeconds() + " s");
    }
    return process.exitValue();
  }

  /** Runs it to its end, without the options for listening. */
  static int run(List<String> command, Path output, String... options)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(options));
    Process process =
        new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      return new JudgedServer(process, new InetSocketAddress(0)).await(Duration.ofSeconds(20));
    } finally {
      process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
