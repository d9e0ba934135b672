package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Registration;
import gyre.sync.Latch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who asked to hear of the end does, once, whatever others do; and nobody else. */
@Tag("fiber-modes")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EndingsTest {
  private static final String GET = "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n";

  private final List<String> reported = new CopyOnWriteArrayList<>();
  private final List<String> told = new CopyOnWriteArrayList<>();

  private LoopOptions options() {
    return Loops.options("epoll").failures((source, e) -> reported.add(String.valueOf(e)));
  }

  private static void fail() {
    throw new IllegalStateException("planned");
  }

  @Test
  void shouldTellAllWhereOneActionThrows() throws Exception {
    CountDownLatch waiting = new CountDownLatch(3);
    HttpHandler handler =
        (request, response) -> {
          String path = request.path();
          Response later = response.defer();
          Registration ignored =
              request.onEnding(() -> {
                told.add(path);
                later.send("ended");
                if (path.equals("/1")) {
                  fail();
                }
              });
          waiting.countDown();
        };
    try (LoopGroup group = LoopGroup.open(1, options());
        HttpServer server = Style.PUSH.open(group.loop(0), HttpOptions.defaults(), handler);
        RawClient one = new RawClient(server.address());
        RawClient two = new RawClient(server.address());
        RawClient three = new RawClient(server.address())) {
      List<RawClient> clients = List.of(one, two, three);
      for (int i = 0; i < 3; i++) {
        clients.get(i).send(GET.formatted(i + 1));
      }
      waiting.await();
      server.drain();
      for (RawClient client : clients) {
        assertThat(client.receive().body()).isEqualTo("ended");
      }
    }
    assertThat(told).containsExactlyInAnyOrder("/1", "/2", "/3");
    assertThat(reported).hasSize(1).first().asString().contains("planned");
  }

  @Test
  void shouldLetAnActionTakeItselfBackWhileTheOthersAreTold() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(2);
    HttpHandler handler =
        (request, response) -> {
          Response ignored = response.defer();
          for (int i = 0; i < 2; i++) {
            Registration[] own = new Registration[1];
            own[0] =
                request.onEnding(() -> {
                  own[0].close();
                  told.countDown();
                });
          }
          waiting.countDown();
        };
    try (LoopGroup group = LoopGroup.open(1, options());
        HttpServer server = Style.PUSH.open(group.loop(0), HttpOptions.defaults(), handler);
        RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted(""));
      waiting.await();
      client.reset();
      told.await();
    }
  }

  @Test
  void shouldTellAllOfAConnectionThatEndsWhereOneActionThrows() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch last = new CountDownLatch(1);
    HttpHandler handler =
        (request, response) -> {
          Response ignored = response.defer();
          Registration _ = request.onEnding(EndingsTest::fail);
          Registration _ = request.onEnding(last::countDown);
          waiting.countDown();
        };
    try (LoopGroup group = LoopGroup.open(1, options());
        HttpServer server = Style.PUSH.open(group.loop(0), HttpOptions.defaults(), handler);
        RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted(""));
      waiting.await();
      client.reset();
      last.await();
    }
    assertThat(reported).hasSize(1).first().asString().contains("planned");
  }

  /** A peer that always has the next request there must not make a list grow. */
  @ParameterizedTest
  @EnumSource(
      value = Style.class,
      names = {"DIRECT", "PUSH"})
  void shouldForgetThoseOfAnswersThatAreComplete(Style style) throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    HttpHandler handler =
        (request, response) -> {
          String path = request.path();
          if (!path.equals("/last")) {
            Registration ignored = request.onEnding(() -> told.add(path));
            response.send(path);
          } else if (style == Style.PUSH) {
            Response later = response.defer();
            Registration ignored =
                request.onEnding(() -> {
                  told.add(path);
                  later.send(path);
                });
            waiting.countDown();
          } else {
            Latch ended = Latch.create("ended", 1);
            Registration ignored =
                request.onEnding(() -> {
                  told.add(path);
                  ended.countDown();
                });
            waiting.countDown();
            ended.await();
            response.send(path);
          }
        };
    try (LoopGroup group = LoopGroup.open(1, options());
        HttpServer server = style.open(group.loop(0), HttpOptions.defaults(), handler);
        RawClient client = new RawClient(server.address())) {
      client.send(GET.formatted("one").repeat(20) + GET.formatted("last"));
      for (int i = 0; i < 20; i++) {
        assertThat(client.receive().body()).isEqualTo("/one");
      }
      waiting.await();
      server.drain();
      assertThat(client.receive().body()).isEqualTo("/last");
    }
    assertThat(told).containsExactly("/last");
    assertThat(reported).isEmpty();
  }

  /** What is to abort an answer must not run because that went well. */
  @Test
  void shouldNotTellOfAnAnswerThatWentWell() throws Exception {
    HttpHandler handler =
        (request, response) -> {
          Response later = response.defer();
          Registration ending = request.onEnding(() -> told.add("aborted"));
          Loop.current()
              .post(() -> {
                later.send("well");
                ending.close();
              });
        };
    try (LoopGroup group = LoopGroup.open(1, options());
        HttpServer server = Style.PUSH.open(group.loop(0), HttpOptions.defaults(), handler);
        RawClient client = new RawClient(server.address())) {
      assertThat(client.send(GET.formatted("")).receive().body()).isEqualTo("well");
    }
    assertThat(told).isEmpty();
    assertThat(reported).isEmpty();
  }

  /** The first connection of a loop may have been accepted just before. */
  @Test
  void shouldTellOnALoopThatComesLater() throws Exception {
    ServerState state =
        new ServerState(HttpOptions.defaults(), (request, response) -> response.send("no"));
    List<String> heard = new ArrayList<>();
    try (LoopGroup group = LoopGroup.open(1, options())) {
      Boolean isDone = group.loop(0).call(() -> drainAndComeLate(state, heard));
      assertThat(isDone).isTrue();
    }
    assertThat(heard).containsExactly("drain", "end");
  }

  private static boolean drainAndComeLate(ServerState state, List<String> heard) {
    state.drain();
    LoopState late = state.onLoop(Loop.current());
    Latch drained = Latch.create("drained", 1);
    Latch ended = Latch.create("ended", 1);
    Registration ending =
        late.endings.add(() -> {
          heard.add("end");
          ended.countDown();
        });
    Registration draining =
        late.drainings.add(() -> {
          heard.add("drain");
          drained.countDown();
        });
    drained.await();
    assertThat(heard).containsExactly("drain");
    state.end();
    ended.await();
    draining.close();
    ending.close();
    return true;
  }
}
