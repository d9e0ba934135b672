package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.LoopOptions;
import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.choice.Engines;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EchoServiceTest {
  private static final Pattern LINE =
      Pattern.compile("listening on 127\\.0\\.0\\.1:([0-9]+), engine .*");

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldEchoUntilItIsStopped(int loops) throws Exception {
    EchoService service =
        EchoService.start(new ListenAddress("127.0.0.1", 0), LoopOptions.defaults(), loops);
    try {
      Matcher line = LINE.matcher(service.describe());
      assertThat(line.matches()).as(service.describe()).isTrue();
      try (Socket client =
          new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(line.group(1)))) {
        byte[] said = "Turning and turning".getBytes(StandardCharsets.UTF_8);
        client.getOutputStream().write(said);
        assertThat(client.getInputStream().readNBytes(said.length)).isEqualTo(said);
      }
    } finally {
      service.stop();
    }
    assertThat(service.lines(service.await(() -> {}))).hasSize(loops);
  }

  /** An engine that cannot wait: a loop on it dies in its first turn. */
  private static Engine dying() {
    return dying(() -> true);
  }

  /** An engine that cannot wait any more from some moment on. */
  private static Engine dying(BooleanSupplier isBroken) {
    Engine real = Engines.open("nio", EngineOptions.defaults()).engine();
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(),
            new Class<?>[] {Engine.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("await") && isBroken.getAsBoolean()) {
                throw new IllegalStateException("waiting is not permitted here");
              }
              return method.invoke(real, arguments);
            });
  }

  @Test
  void shouldSayThatALoopDiedWhileItStarted() {
    List<String> reported = new CopyOnWriteArrayList<>();
    LoopOptions options =
        LoopOptions.defaults()
            .engine(EchoServiceTest::dying)
            .failures((source, failure) -> reported.add(source + " " + failure.getMessage()));
    assertThatThrownBy(() -> EchoService.start(new ListenAddress("127.0.0.1", 0), options, 1))
        .hasMessageContaining("waiting is not permitted here");
    assertThat(reported).containsExactly("loop-0 has died: waiting is not permitted here");
  }

  @Test
  void shouldEndWhenOneOfItsLoopsDiesLater() {
    AtomicBoolean isTaken = new AtomicBoolean();
    AtomicBoolean isBroken = new AtomicBoolean();
    AtomicReference<@Nullable Engine> breaking = new AtomicReference<>();
    List<String> reported = new CopyOnWriteArrayList<>();
    LoopOptions options =
        LoopOptions.defaults()
            .engine(() -> {
              // Each loop opens its own, at the same time; the engine belongs to that thread.
              boolean isFirst = isTaken.compareAndSet(false, true);
              Engine engine = dying(() -> isFirst && isBroken.get());
              if (isFirst) {
                breaking.set(engine);
              }
              return engine;
            })
            .failures((source, failure) -> reported.add(source + " " + failure.getMessage()));
    EchoService service = EchoService.start(new ListenAddress("127.0.0.1", 0), options, 2);
    isBroken.set(true);
    Objects.requireNonNull(breaking.get()).wake();
    assertThatThrownBy(() -> service.await(() -> {}))
        .hasMessageContaining("waiting is not permitted here");
    assertThat(reported).singleElement().asString().contains("has died");
  }

  @Test
  void shouldSayWhatIsWrongWithAPortInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      ListenAddress address = new ListenAddress("127.0.0.1", taken.getLocalPort());
      assertThatThrownBy(() -> EchoService.start(address, LoopOptions.defaults(), 1))
          .hasMessageContaining("listen on " + address)
          .hasMessageContaining("EADDRINUSE");
    }
  }
}
