package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.WatchedEngine;
import gyre.net.DnsServer.Trick;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes-0")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DnsResolverTest {
  /** How long an answer is waited for: none that comes is late, however slow the machine is. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Parameter String engine = "";
  private @Nullable WatchedEngine watched;

  private interface Body {
    void run(DnsServer server, DnsConfig config) throws Exception;
  }

  private void with(Body body) {
    WatchedEngine opened = WatchedEngine.of(Loops.options(engine));
    watched = opened;
    Loops.run(
        Loops.options(engine).engine(() -> opened),
        () -> {
          try (Scope scope = Scope.open("names");
              DnsServer server = DnsServer.open()) {
            DnsConfig config = DnsConfig.of(server.address()).timeout(PATIENCE).attempts(3);
            body.run(server, config);
            assertThat(scope.fibers()).isGreaterThanOrEqualTo(2);
          }
        });
  }

  /** Who waits for an answer now has waited long enough. */
  private void losePatience() {
    Objects.requireNonNull(watched).pass(PATIENCE.toNanos());
  }

  private static List<String> addresses(DnsResolver names, String host)
      throws UnknownHostException {
    return names.resolve(host).stream().map(InetAddress::getHostAddress).toList();
  }

  @Test
  void shouldFindBothFamiliesAndRememberThem() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 60).address("a.test", "2001:db8::1", 60);
      DnsResolver names = DnsResolver.open(config);
      for (int i = 0; i < 3; i++) {
        assertThat(addresses(names, "A.test")).containsExactly("2001:db8:0:0:0:0:0:1", "192.0.2.1");
      }
      assertThat(names.queries()).isEqualTo(2);
      names.clear();
      assertThat(addresses(names, "a.test.")).hasSize(2);
      assertThat(names.queries()).isEqualTo(4);
    });
  }

  @Test
  void shouldNotRememberWhatMayNotBe() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 0).address("a.test", "2001:db8::1", 0);
      DnsResolver names = DnsResolver.open(config);
      assertThat(addresses(names, "a.test")).hasSize(2);
      assertThat(addresses(names, "a.test")).hasSize(2);
      assertThat(names.queries()).isEqualTo(4);
    });
  }

  @Test
  void shouldRememberThatThereIsNothing() {
    with((server, config) -> {
      DnsResolver names = DnsResolver.open(config);
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> names.resolve("none.test"))
            .isInstanceOf(UnknownHostException.class)
            .hasMessageContaining("none.test: no such name");
      }
      assertThat(names.queries()).isEqualTo(2);
    });
  }

  @Test
  void shouldAskOnceForAllWhoAskAtTheSameTime() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 60);
      DnsResolver names = DnsResolver.open(config);
      List<String> found = new ArrayList<>();
      try (Scope scope = Scope.open("askers")) {
        for (int i = 0; i < 50; i++) {
          scope.start(() -> found.addAll(addresses(names, "a.test")));
        }
        scope.join();
      }
      assertThat(found).hasSize(50).containsOnly("192.0.2.1");
      assertThat(server.askedOverUdp).isEqualTo(2);
    });
  }

  @Test
  void shouldFollowAliases() {
    with((server, config) -> {
      server.alias("www.test", "b.test").alias("b.test", "c.test");
      server.address("c.test", "192.0.2.3", 60);
      DnsResolver names = DnsResolver.open(config);
      assertThat(addresses(names, "www.test")).containsExactly("192.0.2.3");
    });
  }

  @Test
  void shouldEndAtAliasesInACircle() {
    with((server, config) -> {
      server.alias("a.test", "b.test").alias("b.test", "a.test").alias("self.test", "self.test");
      for (int i = 0; i < 20; i++) {
        server.alias("n" + i + ".test", "n" + (i + 1) + ".test");
      }
      DnsResolver names = DnsResolver.open(config);
      for (String name : List.of("a.test", "self.test", "n0.test")) {
        assertThatThrownBy(() -> names.resolve(name))
            .isInstanceOf(UnknownHostException.class)
            .hasMessageContaining("circle");
      }
    });
  }

  @Test
  void shouldAskOverTcpWhatIsTooLongForUdp() {
    with((server, config) -> {
      for (int i = 1; i < 30; i++) {
        server.address("many.test", "192.0.2." + i, 60);
      }
      server.tricks.addAll(List.of(Trick.TRUNCATED, Trick.TRUNCATED));
      DnsResolver names = DnsResolver.open(config);
      assertThat(addresses(names, "many.test")).hasSize(29);
      assertThat(server.askedOverTcp).isEqualTo(2);
    });
  }

  @Test
  void shouldBearWhatIsLostOrWrong() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 0).address("a.test", "2001:db8::1", 0);
      DnsResolver names = DnsResolver.open(config);
      for (Trick trick :
          List.of(
              Trick.GARBAGE, Trick.WRONG_NUMBER, Trick.WRONG_QUESTION, Trick.FAILED, Trick.LOST)) {
        server.tricks.addAll(List.of(trick, trick));
        Fiber<List<String>> asker = Scope.current().call(() -> addresses(names, "a.test"));
        while (!server.tricks.isEmpty()) {
          Fiber.yield();
        }
        if (trick == Trick.LOST) {
          losePatience();
        }
        assertThat(asker.join())
            .as("%s", trick)
            .containsExactly("2001:db8:0:0:0:0:0:1", "192.0.2.1");
      }
    });
  }

  @Test
  void shouldAskTheNextServerWhereOneIsMute() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 60);
      try (UdpSocket mute = UdpSocket.bind("127.0.0.1", 0)) {
        InetSocketAddress first =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), mute.port());
        DnsConfig both = DnsConfig.of(first, server.address()).timeout(PATIENCE);
        DnsResolver names = DnsResolver.open(both);
        Fiber<List<String>> asker = Scope.current().call(() -> addresses(names, "a.test"));
        for (int question = 0; question < 2; question++) {
          assertThat(mute.receive().payload().hasRemaining()).isTrue();
        }
        losePatience();
        assertThat(asker.join()).containsExactly("192.0.2.1");
      }
    });
  }

  @Test
  void shouldSayWhyThereIsNoAnswer() {
    with((server, config) -> {
      for (int i = 0; i < 6; i++) {
        server.tricks.add(Trick.FAILED);
      }
      DnsResolver names = DnsResolver.open(config);
      assertThatThrownBy(() -> names.resolve("a.test"))
          .isInstanceOf(UnknownHostException.class)
          .hasMessageContaining("has failed with code 2");
    });
  }

  @Test
  void shouldTakeNoHalfAnswerForAWholeOne() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 60).address("a.test", "2001:db8::1", 60);
      server.tricks.add(Trick.FAILED);
      DnsResolver names = DnsResolver.open(config.attempts(1));
      assertThatThrownBy(() -> names.resolveAll("a.test"))
          .isInstanceOf(UnknownHostException.class)
          .hasMessageContaining("has failed with code 2");
      assertThat(names.resolveAll("a.test")).hasSize(2);
      names.clear();
      server.tricks.add(Trick.FAILED);
      assertThat(names.resolve("a.test")).hasSize(1);
    });
  }

  @Test
  void shouldSearchInDomains() {
    with((server, config) -> {
      server.address("a.corp.test", "192.0.2.1", 60).address("b.x", "192.0.2.2", 60);
      server.address("b.x.corp.test", "192.0.2.3", 60);
      DnsResolver names = DnsResolver.open(config.search("none.test", "corp.test"));
      assertThat(addresses(names, "a")).containsExactly("192.0.2.1");
      assertThat(addresses(names, "b.x")).containsExactly("192.0.2.2");
      DnsResolver deep = DnsResolver.open(config.search("corp.test").ndots(2));
      assertThat(addresses(deep, "b.x")).containsExactly("192.0.2.3");
      assertThatThrownBy(() -> names.resolve("a.")).isInstanceOf(UnknownHostException.class);
    });
  }

  @Test
  void shouldFindServices() {
    with((server, config) -> {
      server.service("_s._tcp.test", 20, 1, 80, "c.test");
      server.service("_s._tcp.test", 10, 1, 81, "b.test");
      server.service("_s._tcp.test", 10, 9, 82, "a.test");
      DnsResolver names = DnsResolver.open(config);
      assertThat(names.services("_s._tcp.test"))
          .extracting(DnsService::port)
          .containsExactly(82, 81, 80);
      assertThatThrownBy(() -> names.services("_none._tcp.test"))
          .isInstanceOf(UnknownHostException.class);
    });
  }

  @Test
  void shouldRememberTheAnswerForWhomeverItCameTooLate() {
    with((server, config) -> {
      server.address("a.test", "192.0.2.1", 60).address("a.test", "2001:db8::1", 60);
      server.tricks.addAll(List.of(Trick.LOST, Trick.LOST));
      DnsResolver names = DnsResolver.open(config);
      assertThatThrownBy(
              () -> Cancellation.within(Duration.ofMillis(20), () -> names.resolve("a.test")))
          .isInstanceOf(DeadlineExceededException.class);
      while (!server.tricks.isEmpty()) {
        Fiber.yield();
      }
      losePatience();
      assertThat(addresses(names, "a.test")).hasSize(2);
      assertThat(names.queries()).isEqualTo(4);
    });
  }

  @Test
  void shouldTellWhoWaitsWhenItIsClosed() {
    with((server, config) -> {
      server.tricks.addAll(List.of(Trick.LOST, Trick.LOST));
      DnsResolver names = DnsResolver.open(config.timeout(Duration.ofMinutes(5)));
      Fiber<Boolean> asker =
          Scope.current()
              .call(() -> {
                try {
                  names.resolve("a.test");
                  return false;
                } catch (UnknownHostException e) {
                  return Objects.toString(e.getMessage()).contains("closed");
                }
              });
      while (server.askedOverUdp < 2) {
        Fiber.yield();
      }
      names.close();
      assertThat(asker.join()).isTrue();
    });
  }

  @Test
  void shouldResolveTheNamesOfConnections() {
    with((server, config) -> {
      server.address("here.test", "127.0.0.1", 60);
      DnsResolver names = DnsResolver.open(config);
      try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          TcpStream stream =
              TcpStream.connect(
                  "here.test",
                  listener.port(),
                  StreamOptions.defaults(),
                  ConnectOptions.defaults().resolver(names))) {
        assertThat(stream.isOpen()).isTrue();
      }
    });
  }
}
