package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real PostgreSQL server from Debian's package, in a folder of its own. It refuses to run as root
 * and then runs as the package's user. Tests of one JVM share a server, and each has a database.
 *
 * <p>The server is in a session of its own: what ends the tests by a signal to their process group
 * does not end it under the tests that still run. {@link Lifetime} ends it behind the last test.
 */
final class PostgresServer {
  private static final String ACCOUNT = "gyre";
  private static final int PORTS_TRIED = 10;
  private static final int LOG_TAIL_BYTES = 4000;
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable PostgresServer shared;

  private final Path programs;
  private final Path directory;
  private final IntSupplier ports;

  /** 0 before the first start. */
  private int port;

  private @Nullable Process process;
  private volatile boolean keepsLog;

  private PostgresServer(Path programs, Path directory, IntSupplier ports) {
    this.programs = programs;
    this.directory = directory;
    this.ports = ports;
  }

  /** Ends the shared server behind the last test of this JVM; of a failed test the log stays. */
  static final class Lifetime implements BeforeAllCallback, AfterEachCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
      context
          .getRoot()
          .getStore(ExtensionContext.Namespace.GLOBAL)
          .computeIfAbsent("postgres", key -> (AutoCloseable) PostgresServer::endShared);
    }

    @Override
    public void afterEach(ExtensionContext context) {
      PostgresServer running = running();
      if (running != null && context.getExecutionException().isPresent()) {
        running.keepsLog = true;
      }
    }
  }

  private static synchronized @Nullable PostgresServer running() {
    return shared;
  }

  private static synchronized void endShared() {
    PostgresServer running = shared;
    shared = null;
    if (running != null) {
      running.remove();
    }
  }

  /** The one of this JVM; the test is skipped where the package is missing and not required. */
  static synchronized PostgresServer shared() {
    PostgresServer running = shared;
    if (running == null) {
      running = own();
      shared = running;
    }
    return running;
  }

  /** One that a test may stop. */
  static PostgresServer own() {
    return own(FreePort::next);
  }

  /**
   * @param ports asked for another one while the server can't have what it was given
   */
  static PostgresServer own(IntSupplier ports) {
    Path programs = programs();
    if (programs == null) {
      assertThat(System.getenv("GYRE_JUDGES")).as("no package postgresql").isNull();
      System.out.println("SKIPPED: no PostgreSQL server is installed (package postgresql)");
      assumeTrue(false, "no package postgresql");
      throw new AssertionError("unreachable");
    }
    try {
      Path directory = Files.createTempDirectory("gyre-postgres-");
      PostgresServer server = new PostgresServer(programs, directory, ports);
      // The last resort: tests end it themselves, and a hook runs beside those that still run.
      Runtime.getRuntime().addShutdownHook(new Thread(server::remove));
      server.make();
      server.start();
      return server;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static @Nullable Path programs() {
    Path all = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(all)) {
      return null;
    }
    try (Stream<Path> versions = Files.list(all)) {
      return versions
          .map(each -> each.resolve("bin"))
          .filter(each -> Files.isExecutable(each.resolve("postgres")))
          .max(Comparator.naturalOrder())
          .orElse(null);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private List<String> command(String program, String... arguments) {
    List<String> all = new ArrayList<>();
    if (isRoot()) {
      all.addAll(
          List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    }
    all.add(programs.resolve(program).toString());
    all.addAll(List.of(arguments));
    return all;
  }

  private void make() throws IOException {
    if (isRoot()) {
      run(List.of("chown", "postgres:postgres", directory.toString()));
    }
    run(
        command(
            "initdb",
            "-D",
            data(),
            "-U",
            ACCOUNT,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions"));
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  private void run(List<String> command) throws IOException {
    Process started =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      assertThat(started.waitFor()).as(command + ": " + output).isZero();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Again on the same port, after {@link #stop}. */
  void start() {
    for (int i = 0; i < PORTS_TRIED; i++) {
      boolean isFirst = port == 0;
      if (isFirst) {
        port = ports.getAsInt(); // late: the making took seconds, in which others take ports
      }
      Process started = launch();
      process = started;
      WorkerRig.await("the server answers or ends", () -> !started.isAlive() || answers());
      if (started.isAlive()) {
        return;
      }
      if (isFirst && logTail().contains("could not bind")) {
        port = 0;
        continue;
      }
      break;
    }
    keepsLog = true;
    throw new AssertionError("the server does not start: " + logTail());
  }

  private Process launch() {
    List<String> all = new ArrayList<>(List.of("setsid")); // it execs, so the process stays
    all.addAll(
        command(
            "postgres",
            "-D",
            data(),
            "-p",
            String.valueOf(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=" + directory,
            "-c",
            "fsync=off", // these tests are not about power
            "-c",
            "shared_buffers=32MB",
            "-c",
            "max_connections=60"));
    try {
      return new ProcessBuilder(all)
          .directory(directory.toFile())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
          .start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Beside the folder, which belongs to another user. */
  private Path log() {
    return directory.resolveSibling(directory.getFileName() + ".log");
  }

  private String logTail() {
    try {
      byte[] all = Files.exists(log()) ? Files.readAllBytes(log()) : new byte[0];
      int from = Math.max(0, all.length - LOG_TAIL_BYTES);
      return log() + ":\n" + new String(all, from, all.length - from, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return log() + ": " + e;
    }
  }

  /** This one, and no stranger on its port. */
  private boolean answers() {
    String limited = jdbc("postgres") + "&loginTimeout=2&socketTimeout=5";
    try (Connection connection = DriverManager.getConnection(limited)) {
      return connection.isValid(5)
          && query(connection, "SHOW data_directory").equals(List.of(data()));
    } catch (SQLException e) {
      return false;
    }
  }

  /** Of its process; the number may be somebody else's when that has ended. */
  long pid() {
    Process running = process;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    return running.pid();
  }

  /** As a crash: what is under way is rolled back at the next start. */
  void stop() {
    Process running = process;
    process = null;
    if (running == null || !running.isAlive()) {
      return;
    }
    try {
      new ProcessBuilder("kill", "-QUIT", String.valueOf(running.pid())).start().waitFor();
      assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  void remove() {
    stop();
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
      if (keepsLog) {
        System.out.println("the log of PostgreSQL is kept: " + log());
      } else {
        Files.deleteIfExists(log());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  int port() {
    return port;
  }

  private String jdbc(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + ACCOUNT;
  }

  /** A new database, as users name one. */
  String database() {
    return database(port);
  }

  /**
   * @param through the port that is named in it: of the server, or of a relay to it
   */
  String database(int through) {
    String name = "test_" + DATABASES.incrementAndGet();
    execute("postgres", "CREATE DATABASE " + name);
    return "postgresql://" + ACCOUNT + "@127.0.0.1:" + through + "/" + name;
  }

  private void execute(String database, String sql) {
    try (Connection connection = DriverManager.getConnection(jdbc(database));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw failure(sql, e);
    }
  }

  /** What somebody else does or sees in a database: the first column, as text. */
  List<String> query(String url, String sql) {
    String name = url.substring(url.lastIndexOf('/') + 1);
    try (Connection connection = DriverManager.getConnection(jdbc(name))) {
      return query(connection, sql);
    } catch (SQLException e) {
      throw failure(sql, e);
    }
  }

  /** With what the server says, if it is the server. */
  private AssertionError failure(String sql, SQLException e) {
    Process running = process;
    boolean isGone = running == null || !running.isAlive();
    keepsLog |= isGone;
    return new AssertionError(sql + (isGone ? ": the server has ended: " + logTail() : ""), e);
  }

  /** The first column, as text. */
  static List<String> query(Connection connection, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      if (statement.execute(sql)) {
        try (ResultSet rows = statement.getResultSet()) {
          while (rows.next()) {
            values.add(rows.getString(1));
          }
        }
      }
    }
    return values;
  }
}
