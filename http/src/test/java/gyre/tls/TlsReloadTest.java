package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.sync.Channel;
import gyre.sync.Received;
import gyre.tls.TlsWorld.Raw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** New certificates without a restart: by a call, by a change of the files, by a signal. */
@Tag("fiber-modes-1")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsReloadTest {
  private static final SelfSigned AUTHORITY = SelfSigned.authority("Reload");

  @TempDir private Path directory;
  private Path chain = Path.of("");
  private Path key = Path.of("");

  @BeforeEach
  void writeFirst() throws IOException {
    chain = directory.resolve("chain.pem");
    key = directory.resolve("key.pem");
    write("first.test");
  }

  /** As tools do it: another file, which then gets the name. */
  private void write(String name) throws IOException {
    TlsIdentity made = AUTHORITY.issueServer(name, "localhost");
    replace(chain, made.certificatesPem());
    replace(key, made.keyPem());
  }

  private void replace(Path file, String content) throws IOException {
    Path made = Files.writeString(directory.resolve("new"), content);
    Path ignored = Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private TlsServer load() throws Exception {
    return TlsServer.load(() -> TlsServerOptions.of(TlsIdentity.load(chain, key)));
  }

  /** A connection, and whose certificate it has shown. */
  private static TlsStream shown(TlsServer server, String expected) {
    Raw raw = TlsWorld.raw();
    TlsStream far = server.stream(raw.far());
    TlsStream near =
        TlsClient.of(TlsClientOptions.defaults().trust(List.of(AUTHORITY.certificate())))
            .connect(raw.near(), "localhost", 1);
    assertThat(near.info().peerCertificates().getFirst().getSubjectX500Principal().getName())
        .isEqualTo("CN=" + expected);
    Fiber<?> echo =
        Fiber.start(() -> {
          try (far) {
            long ignored = far.transferTo(far);
          }
        });
    assertThat(echo).isNotNull();
    return near;
  }

  private static void assertAlive(TlsStream near) {
    near.write("ping");
    assertThat(near.readExactly(4)).hasSize(4);
    near.close();
  }

  @Test
  void shouldReloadWhenItIsCalled() {
    Loops.run(
        "epoll",
        () -> {
          TlsServer server = load();
          TlsStream old = shown(server, "first.test");
          write("second.test");
          assertAlive(shown(server, "first.test")); // nobody has asked for it yet
          server.reload();
          assertThat(server.reloads()).isEqualTo(1);
          assertAlive(shown(server, "second.test"));
          assertAlive(old);
          replace(key, "no key");
          assertThatThrownBy(server::reload).isInstanceOf(PemException.class);
          assertAlive(shown(server, "second.test"));
          assertThat(server.reloads()).isEqualTo(1);
        });
  }

  /** What the listener was told, in order; an empty text if it went well. */
  private static String told(Channel<String> channel) {
    Received<String> next = channel.receive();
    return next instanceof Received.Value<String>(String text) ? text : String.valueOf(next);
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void shouldReloadWhenFilesChangeAndBySignal(String engine) {
    Loops.run(
        engine,
        () -> {
          TlsServer server = load();
          TlsStream old = shown(server, "first.test");
          Channel<String> reloads = Channel.bounded(100);
          Scope watching = Scope.open("watching");
          Fiber<?> reloading =
              watching.start(() ->
                  TlsReload.run(
                      server,
                      failure -> {
                        var ignored =
                            reloads.trySend(failure == null ? "" : String.valueOf(failure));
                      },
                      chain,
                      key));
          assertThat(reloading).isNotNull();
          awaitReload(reloads, server, "second.test");
          replace(key, "no key");
          String failure = told(reloads);
          while (failure.isEmpty()) {
            failure = told(reloads); // of the change before
          }
          assertThat(failure).contains("PemException").contains("key.pem");
          assertAlive(shown(server, "second.test"));
          awaitReload(reloads, server, "third.test");
          long before = server.reloads();
          kill();
          while (server.reloads() == before) {
            assertThat(told(reloads)).isEmpty();
          }
          assertAlive(shown(server, "third.test"));
          assertAlive(old);
          watching.cancel("enough");
          watching.close();
        });
  }

  /** Writes again what was written before anybody watched, or while it was read. */
  private void awaitReload(Channel<String> reloads, TlsServer server, String name)
      throws Exception {
    while (!server.identity().names().contains(name)) {
      write(name);
      Deadline patience = Deadline.in(Duration.ofSeconds(1));
      if (!Fiber.awaitFirst(reloads.receivable(), patience).equals(patience)) {
        assertThat(told(reloads)).isNotNull();
      }
    }
    assertAlive(shown(server, name));
  }

  private static void kill() throws Exception {
    String own = String.valueOf(ProcessHandle.current().pid());
    int code = Fiber.offload(() -> new ProcessBuilder("kill", "-HUP", own).start().waitFor());
    assertThat(code).isZero();
  }
}
