package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.engine.choice.Engines;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What fails while a loop is opened leaves nothing behind. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopOpeningTest {
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** An engine that tells when it is closed, and fails where it is asked for {@code failing}. */
  private Engine engine(String failing) {
    Engine real = Engines.open("nio", EngineOptions.defaults()).engine();
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(),
            new Class<?>[] {Engine.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(failing)) {
                throw new IllegalStateException("no " + failing);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                if (method.getName().equals("close")) {
                  log.add("closed");
                  closed.countDown();
                }
              }
            });
  }

  @Test
  void shouldCloseTheEngineOfALoopThatCannotBeOpened() {
    for (String failing : List.of("environment", "nanoTime")) {
      log.clear();
      LoopOptions options = Loops.options("nio").engine(() -> engine(failing));
      assertThatThrownBy(() -> Loop.open(options)).hasMessage("no " + failing);
      assertThat(log).containsExactly("closed");
    }
  }

  @Test
  void shouldEndTheLoopsOfAGroupThatCannotBeOpened() throws Exception {
    AtomicInteger opened = new AtomicInteger();
    LoopOptions options =
        Loops.options("nio")
            .engine(() -> {
              if (opened.incrementAndGet() == 2) {
                throw new EngineUnavailable("only one");
              }
              return engine("nothing");
            });
    assertThatThrownBy(() -> LoopGroup.open(2, options)).hasMessage("only one");
    assertThat(closed.await(20, TimeUnit.SECONDS)).as("the first loop ended").isTrue();
  }
}
