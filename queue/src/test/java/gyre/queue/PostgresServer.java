package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server from Debian's package, in a folder of its own. It refuses to run as root
 * and then runs as the package's user. Tests of one JVM share a server, and each has a database.
 */
final class PostgresServer {
  private static final String ACCOUNT = "gyre";
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable PostgresServer shared;

  private final Path programs;
  private final Path directory;
  private final int port;
  private @Nullable Process process;

  private PostgresServer(Path programs, Path directory, int port) {
    this.programs = programs;
    this.directory = directory;
    this.port = port;
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
    Path programs = programs();
    if (programs == null) {
      assertThat(System.getenv("GYRE_JUDGES")).as("no package postgresql").isNull();
      System.out.println("SKIPPED: no PostgreSQL server is installed (package postgresql)");
      assumeTrue(false, "no package postgresql");
      throw new AssertionError("unreachable");
    }
    try {
      Path directory = Files.createTempDirectory("gyre-postgres-");
      PostgresServer server = new PostgresServer(programs, directory, freePort());
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

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
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
    try {
      process =
          new ProcessBuilder(
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
                      "max_connections=60"))
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolveSibling(directory.getFileName() + ".log").toFile())
              .start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    WorkerRig.await("the server answers", this::answers);
  }

  private boolean answers() {
    try (Connection connection = DriverManager.getConnection(jdbc("postgres"))) {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }

  /** As a crash: what is under way is rolled back at the next start. */
  void stop() {
    Process running = process;
    process = null;
    if (running == null) {
      return;
    }
    try {
      new ProcessBuilder("kill", "-QUIT", String.valueOf(running.pid())).start().waitFor();
      assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
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
      Files.deleteIfExists(directory.resolveSibling(directory.getFileName() + ".log"));
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
      throw new AssertionError(sql, e);
    }
  }

  /** What somebody else does or sees in a database: the first column, as text. */
  List<String> query(String url, String sql) {
    String name = url.substring(url.lastIndexOf('/') + 1);
    try (Connection connection = DriverManager.getConnection(jdbc(name))) {
      return query(connection, sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
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
