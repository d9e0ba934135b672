package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Task;
import gyre.Timer;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.OutputFullException;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.tls.TlsWorld.Ends;
import gyre.tls.TlsWorld.Raw;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a TLS stream does beyond what every stream of bytes does. */
@Tag("fiber-modes-2")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsStreamTest {
  private static final TlsServerOptions SERVER = TlsServerOptions.of(TlsWorld.LOCALHOST);

  private static void run(Task body) {
    Loops.run("epoll", body);
  }

  // ---- handshakes

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void shouldTellWhatWasAgreedOn(String protocol) {
    run(() -> {
      Ends ends =
          TlsWorld.ends(
              SERVER.applicationProtocols("h2", "http/1.1"),
              TlsWorld.trusting().protocols(protocol).applicationProtocols("http/1.1"));
      for (TlsStream each : List.of(ends.near(), ends.far())) {
        assertThat(each.info().protocol()).isEqualTo(protocol);
        assertThat(each.info().applicationProtocol()).isEqualTo("http/1.1");
        assertThat(each.info().serverName()).isEqualTo("localhost");
      }
      assertThat(ends.near().info().peerCertificates()).hasSize(2);
      assertThat(ends.far().info().peerCertificates()).isEmpty();
      ends.close();
    });
  }

  @ParameterizedTest
  @EnumSource(TaskPlace.class)
  void shouldComputeWhereItIsTold(TaskPlace place) {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER.tasks(place), TlsWorld.trusting().tasks(place));
      ends.near().write("hello");
      assertThat(ends.far().readExactly(5)).hasSize(5);
      ends.close();
    });
  }

  @Test
  void shouldRefuseAServerOfAnotherName() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      TlsClient client = TlsClient.of(TlsWorld.trusting());
      assertThatThrownBy(() -> client.connect(raw.near(), "other.test", 1))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("handshake with tls-stream")
          .hasMessageContaining("No subject alternative DNS name matching other.test");
      assertThat(raw.near().isOpen()).isFalse();
      assertThatThrownBy(far::handshake).isInstanceOf(TlsException.class);
      far.close();
    });
  }

  @Test
  void shouldRefuseAServerThatNobodyVouchesFor() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      TlsClient client = TlsClient.of(TlsClientOptions.defaults());
      assertThatThrownBy(() -> client.connect(raw.near(), "localhost", 1))
          .isInstanceOfSatisfying(
              TlsException.class, failure -> assertThat(failure.isRemote()).isFalse())
          .hasMessageContaining("name its authority by TlsClientOptions.trust");
      assertThatThrownBy(far::handshake)
          .isInstanceOfSatisfying(
              TlsException.class, failure -> assertThat(failure.isRemote()).isTrue())
          .hasMessageContaining("the client does not trust this server's certificate");
      far.close();
    });
  }

  @Test
  void shouldLetOnlyThoseWithoutVerificationReachAnyName() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      TlsStream near =
          TlsClient.of(TlsWorld.trusting().verifyHostName(false))
              .connect(raw.near(), "other.test", 1);
      near.close();
      far.close();
    });
  }

  @Test
  void shouldChooseTheSiteByTheNameThatIsAskedFor() {
    TlsServerOptions options =
        SERVER
            .identity(TlsWorld.AUTHORITY.issueServer("one.test"))
            .identity(TlsWorld.AUTHORITY.issueServer("*.two.test"));
    run(() -> {
      TlsServer server = TlsWorld.server(options);
      assertThat(named(server, "one.test")).isEqualTo("CN=one.test");
      assertThat(named(server, "ONE.test")).isEqualTo("CN=one.test");
      assertThat(named(server, "a.two.test")).isEqualTo("CN=*.two.test");
      assertThat(named(server, "localhost")).isEqualTo("CN=localhost");
      assertThat(named(server, "127.0.0.1")).isEqualTo("CN=localhost");
    });
  }

  private static String named(TlsServer server, String host) {
    Raw raw = TlsWorld.raw();
    TlsStream far = server.stream(raw.far());
    TlsStream near = TlsClient.of(TlsWorld.trusting()).connect(raw.near(), host, 1);
    String subject = near.info().peerCertificates().getFirst().getSubjectX500Principal().getName();
    near.close();
    far.close();
    return subject;
  }

  @Test
  void shouldRefuseUnknownNamesWhereTheyAreStrict() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsServer server = TlsWorld.server(SERVER.strictNames(true));
      TlsStream far = server.stream(raw.far());
      TlsClient client = TlsClient.of(TlsWorld.trusting());
      assertThatThrownBy(() -> client.connect(raw.near(), "unknown.test", 1))
          .hasMessageContaining("unrecognized_name");
      assertThatThrownBy(far::handshake).hasMessageContaining("'unknown.test', which no site has");
      far.close();
    });
  }

  @Test
  void shouldUseNewCertificatesForNewHandshakesAlone() {
    run(() -> {
      TlsServer server = TlsWorld.server(SERVER);
      Raw raw = TlsWorld.raw();
      TlsStream far = server.stream(raw.far());
      TlsStream near = TlsClient.of(TlsWorld.trusting()).connect(raw.near(), "localhost", 1);
      server.use(TlsServerOptions.of(TlsWorld.AUTHORITY.issueServer("new.test", "localhost")));
      assertThat(named(server, "localhost")).isEqualTo("CN=new.test");
      near.write("still");
      assertThat(far.readExactly(5)).hasSize(5);
      near.close();
      far.close();
    });
  }

  @Test
  void shouldKeepWhatItHasWhereReloadingFails() throws Exception {
    int[] loads = {0};
    TlsServer server =
        TlsServer.load(() -> {
          if (loads[0]++ > 0) {
            throw new PemException("c.pem", 3, "is no Base64");
          }
          return SERVER;
        });
    run(() -> {
      assertThatThrownBy(server::reload).isInstanceOf(PemException.class);
      assertThat(named(server, "localhost")).isEqualTo("CN=localhost");
    });
    assertThat(server.reloads()).isZero();
  }

  // ---- ends

  @Test
  void shouldTakeTheEndOfTheConnectionForACutAndNotForAnEnd() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      ends.near().write("part");
      ends.near().flush();
      ends.near().lower().close(); // no goodbye
      assertThat(ends.far().readExactly(4)).hasSize(4);
      assertThatThrownBy(() -> ends.far().await(1))
          .isInstanceOfSatisfying(
              TlsException.class, failure -> assertThat(failure.isRemote()).isTrue())
          .hasMessageContaining("ended without close_notify");
      ends.close();
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void shouldTellThePeerOfTheEnd(String protocol) {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting().protocols(protocol));
      ends.near().write("all");
      ends.near().close();
      assertThat(ends.far().readExactly(3)).hasSize(3);
      assertThat(ends.far().await(1)).isFalse();
      ends.close();
    });
  }

  @Test
  void shouldEndBothHalvesTogetherInTls12() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting().protocols("TLSv1.2"));
      ends.near().shutdownOutput();
      assertThat(ends.far().await(1)).isFalse();
      assertThatThrownBy(() -> ends.far().write("late"))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("TLS 1.2 has no half of a connection");
      assertThat(ends.near().await(1)).isFalse();
      ends.close();
    });
  }

  @Test
  void shouldSendWhatWasWrittenBeforeTheHandshakeEnded() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      TlsStream near = TlsClient.of(TlsWorld.trusting()).stream(raw.near(), "localhost", 1);
      Fiber<?> closer =
          Fiber.start(() -> {
            near.write("early");
            near.close();
          });
      assertThat(far.readExactly(5)).hasSize(5);
      assertThat(far.await(1)).isFalse();
      closer.join();
      far.close();
    });
  }

  /** Each end sends until it is heard: neither may stop reading because it cannot write. */
  @Test
  void shouldReadWhileItCannotWrite() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      byte[] much = new byte[4 << 20];
      List<Fiber<?>> fibers = new ArrayList<>();
      for (TlsStream each : List.of(ends.near(), ends.far())) {
        fibers.add(
            Fiber.start(() -> {
              each.write(much);
              each.shutdownOutput();
            }));
        fibers.add(
            Fiber.start(() -> {
              long left = much.length;
              while (each.await(1)) {
                left -= each.input().size();
                each.input().clear();
              }
              assertThat(left).isZero();
            }));
      }
      fibers.forEach(Fiber::join);
      ends.close();
    });
  }

  @Test
  void shouldCarryTlsWithinTls() {
    run(() -> {
      Ends outer = TlsWorld.ends(SERVER, TlsWorld.trusting());
      TlsStream far = TlsWorld.server(SERVER).stream(outer.far());
      TlsStream near = TlsClient.of(TlsWorld.trusting()).connect(outer.near(), "localhost", 1);
      byte[] much = new byte[1 << 20];
      Fiber<?> writer =
          Fiber.start(() -> {
            near.write(much);
            near.close();
          });
      long got = 0;
      while (far.await(1)) {
        got += far.input().size();
        far.input().clear();
      }
      assertThat(got).isEqualTo(much.length);
      writer.join();
      far.close();
    });
  }

  // ---- memory

  @Test
  void shouldHoldNoBlocksWhileIdle() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      ends.near().write(new byte[100_000]);
      long left = 100_000;
      while (left > 0 && ends.far().await(1)) {
        left -= ends.far().input().size();
        ends.far().input().clear();
      }
      ends.near().flush();
      for (TlsStream each : List.of(ends.near(), ends.far())) {
        for (ByteQueue queue : List.of(each.received, each.input, each.plain, each.records)) {
          assertThat(queue.heldBytes()).isZero();
        }
        assertThat(each.lower().input().heldBytes()).isZero();
      }
      ends.close();
    });
  }

  // ---- push style

  /** As on a plain connection: whoever writes beside it would find its place taken. */
  @ParameterizedTest
  @ValueSource(strings = {"post", "timer"})
  void shouldRefuseACallbackThatCannotWaitWhatGoesTooFar(String from) {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      TlsStream stream = ends.near();
      byte[] piece = new byte[16 * 1024];
      int[] taken = {0, 0};
      int[] refused = {0, 0};
      for (int i = 0; i < taken.length; i++) {
        int at = i;
        Runnable writing =
            () -> {
              while (true) {
                try {
                  stream.write(piece);
                } catch (OutputFullException full) {
                  refused[at]++;
                  return;
                }
                taken[at] += piece.length;
              }
            };
        if (from.equals("post")) {
          Loop.current().post(writing);
        } else {
          Timer ignored = Loop.current().after(Duration.ZERO, writing);
        }
      }
      int unsent = stream.options.outputLimitBytes();
      for (int i = 0; i < 1000 && refused[1] == 0; i++) {
        Fiber.yield(); // nobody reads, and yet both are through
      }
      assertThat(refused).containsExactly(1, 1);
      assertThat(taken[0]).isBetween(unsent, 4 * unsent + piece.length);
      int left = taken[0] + taken[1];
      while (left > 0 && ends.far().await(1)) {
        left -= (int) ends.far().input().size();
        ends.far().input().clear();
      }
      assertThat(left).isZero();
      stream.flush();
      ends.close();
    });
  }

  /** Its bytes wait in their stream, and so at their sender. */
  @Test
  void shouldParkAHandlerThatPassesOnWhatItIsToldOf() {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER, TlsWorld.trusting());
      Raw source = TlsWorld.raw();
      source.far().onData(in -> ends.near().write(in.take((int) in.size())));
      byte[] much = new byte[4 << 20];
      Fiber<?> writer =
          Fiber.start(() -> {
            source.near().write(much);
            source.near().shutdownOutput();
          });
      long left = much.length;
      while (left > 0 && ends.far().await(1)) {
        assertThat(ends.near().unsentBytes()).isLessThan(much.length / 2);
        left -= ends.far().input().size();
        ends.far().input().clear();
      }
      assertThat(left).isZero();
      writer.join();
      source.near().close();
      source.far().close();
      ends.close();
    });
  }

  @Test
  void shouldTellAHandlerOfAHandshakeThatFails() {
    run(() -> {
      Raw raw = TlsWorld.raw();
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      List<String> told = new ArrayList<>();
      far.onData(
          new DataHandler() {
            @Override
            public void onData(ByteQueue in) {
              told.add("data");
            }

            @Override
            public void onFailure(ByteStream stream, IoException failure) {
              told.add(String.valueOf(failure.getMessage()));
            }

            @Override
            public void onClosed(ByteStream stream) {
              told.add("closed");
            }
          });
      raw.near().write("GET / HTTP/1.1\r\n\r\n");
      while (!told.contains("closed")) {
        Fiber.sleep(Duration.ofMillis(1));
      }
      assertThat(told).hasSize(2);
      assertThat(told.getFirst()).contains("does not speak TLS, it begins with 'GET / HTTP/1'");
      assertThat(alert(raw.near())).isEqualTo(AlertException.DECODE_ERROR);
      raw.near().close();
    });
  }

  /** The alert of a record that is not encrypted. */
  static int alert(TcpStream near) {
    byte[] record = near.readExactly(7);
    assertThat(record[0]).isEqualTo((byte) 21);
    assertThat(near.await(1)).as("nothing follows").isFalse();
    return record[6];
  }

  // ---- the goodbye of a peer that comes late: it would reset a connection that is closed

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void shouldStayUntilThePeerHasSaidGoodbye(String protocol) {
    run(() -> {
      Ends ends = TlsWorld.ends(SERVER.protocols(protocol), TlsWorld.trusting());
      ends.far().write("answer");
      List<String> order = new ArrayList<>();
      Fiber<?> closing =
          Fiber.start(() -> {
            ends.far().close();
            order.add("closed");
          });
      assertThat(ends.near().readExactly(6)).hasSize(6);
      assertThat(ends.near().await(1)).isFalse();
      if (protocol.equals("TLSv1.3")) { // before, what was told to end has said goodbye by now
        order.add("goodbye");
      }
      ends.near().close();
      closing.join();
      assertThat(order.getLast()).isEqualTo("closed");
      assertThat(ends.far().lower().isOpen()).isFalse();
    });
  }

  @Test
  void shouldWaitForNoGoodbyeForEver() {
    run(() -> {
      Raw raw = TlsWorld.raw(StreamOptions.defaults().closeTimeout(Duration.ofMillis(50)));
      TlsStream far = TlsWorld.server(SERVER).stream(raw.far());
      TlsStream near = TlsClient.of(TlsWorld.trusting()).connect(raw.near(), "localhost", 1);
      far.write("answer");
      far.close();
      assertThat(near.readExactly(6)).hasSize(6);
      assertThat(near.await(1)).isFalse();
      near.close();
    });
  }
}
