package gyre.lab.judge;

import gyre.lab.tls.TrustAll;
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
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A server under judgement: a process that says where it listens. */
final class JudgedServer implements AutoCloseable {
  private static final String GREETING = "listening on ";
  private static final String METRICS = "metrics on ";
  private static final int SOCKET_TIMEOUT_MILLIS = 30_000;
  private static final SSLContext TLS = TrustAll.context();

  private final Process process;
  private final InetSocketAddress address;
  private final boolean isTls;
  private final BufferedReader output;

  private JudgedServer(Process process, InetSocketAddress address, boolean isTls) {
    this.process = process;
    this.address = address;
    this.isTls = isTls;
    this.output = process.inputReader();
  }

  /** Starts it on a port that the system chooses, and waits until it listens. */
  static JudgedServer start(Subject subject, String... options) throws IOException {
    List<String> all = new ArrayList<>(subject.command());
    if (!List.of(options).contains("--listen")) {
      all.addAll(List.of("--listen", "127.0.0.1:0"));
    }
    all.addAll(List.of(options));
    Process process = new ProcessBuilder(all).start();
    subject.lastWords().follow(process);
    int port = port(process.inputReader().readLine(), GREETING, process);
    return new JudgedServer(
        process, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), subject.isTls());
  }

  private static int port(@Nullable String line, String greeting, Process process) {
    if (line == null || !line.startsWith(greeting)) {
      process.destroyForcibly();
      throw new JudgementException("it does not say \"" + greeting + "HOST:PORT\" but " + line);
    }
    return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1).strip());
  }

  int port() {
    return address.getPort();
  }

  /** What its second line says. */
  int metricsPort() throws IOException {
    return port(output.readLine(), METRICS, process);
  }

  Socket connect() throws IOException {
    return spoken(plain());
  }

  /** With TLS on it, where the server speaks that: waits for its handshake. */
  Socket spoken(Socket socket) throws IOException {
    return isTls ? encrypted(socket) : socket;
  }

  /** Closing it closes what is below. */
  private static Socket encrypted(Socket lower) throws IOException {
    String host = lower.getInetAddress().getHostAddress();
    SSLSocket socket =
        (SSLSocket) TLS.getSocketFactory().createSocket(lower, host, lower.getPort(), true);
    socket.startHandshake();
    return socket;
  }

  /** Without TLS, whatever it speaks. */
  Socket plain() throws IOException {
    Socket socket = new Socket();
    socket.connect(address, SOCKET_TIMEOUT_MILLIS);
    socket.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
    return socket;
  }

  /** Sends SIGTERM. By the handle: {@code Process.destroy} would close what it still writes to. */
  void terminate() {
    boolean ignored = process.toHandle().destroy();
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
  static int run(Subject subject, Path output, String... options)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(subject.command());
    all.addAll(List.of(options));
    Process process =
        new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      return new JudgedServer(process, new InetSocketAddress(0), false)
          .await(Duration.ofSeconds(20));
    } finally {
      process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    boolean ignored = process.toHandle().destroyForcibly();
  }
}
