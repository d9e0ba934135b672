package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What helper threads do where a call fails, or where nobody waits for its end any more. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorkersTest {
  private static final int FILE = 77;

  private final Semaphore woken = new Semaphore(0);
  private final List<Integer> closed = new CopyOnWriteArrayList<>();
  private final CountDownLatch wasClosed = new CountDownLatch(1);
  private volatile IntSupplier open = () -> FILE;
  private final Workers workers = new Workers("test", calls(), woken::release);

  private FileCalls calls() {
    return (FileCalls)
        Proxy.newProxyInstance(
            FileCalls.class.getClassLoader(),
            new Class<?>[] {FileCalls.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "open" -> open.getAsInt();
                  case "close" -> {
                    closed.add((Integer) arguments[0]);
                    wasClosed.countDown();
                    yield 0;
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static final class Opening extends OpenFile {
    final AtomicInteger result = new AtomicInteger();

    @Override
    public void ended(int outcome) {
      result.set(outcome);
    }
  }

  /** Whoever waits for it would wait for ever. */
  @Test
  void shouldEndACallThatThrows() throws Exception {
    open =
        () -> {
          throw new IllegalStateException("a bug below");
        };
    Opening opening = new Opening();
    workers.start(opening);
    woken.acquire();
    assertThat(workers.dispatch(1)).isEqualTo(1);
    assertThat(opening.result).hasValue(Errno.EIO.negated());
    assertThat(workers.active()).isZero();
    assertThat(workers.close()).isTrue();
  }

  @Test
  void shouldCloseAFileOfWhichNobodyWasTold() throws Exception {
    workers.start(new Opening());
    woken.acquire();
    assertThat(workers.close()).isTrue();
    assertThat(closed).containsExactly(FILE);
  }

  @Test
  void shouldCloseAFileThatIsOpenedAfterTheEnd() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch answers = new CountDownLatch(1);
    open =
        () -> {
          begun.countDown();
          while (answers.getCount() > 0) {
            try {
              answers.await();
            } catch (InterruptedException ignored) {
              // A device that does not answer is not interrupted.
            }
          }
          return FILE;
        };
    workers.start(new Opening());
    begun.await();
    assertThat(workers.close()).as("all has ended").isFalse();
    assertThat(closed).isEmpty();
    answers.countDown();
    wasClosed.await();
    assertThat(closed).containsExactly(FILE);
  }

  /** Nobody would try it again. */
  @Test
  void shouldNeverRefuseToCloseAFile() throws Exception {
    int most = 4096;
    CountDownLatch answers = new CountDownLatch(1);
    open =
        () -> {
          try {
            answers.await();
          } catch (InterruptedException e) {
            return Errno.EINTR.negated();
          }
          return FILE;
        };
    for (int i = 0; i < most; i++) {
      workers.start(new Opening());
    }
    Opening refused = new Opening();
    workers.start(refused);
    AtomicInteger outcome = new AtomicInteger(1);
    CloseFile close =
        new CloseFile() {
          @Override
          public void ended(int result) {
            outcome.set(result);
          }
        };
    close.descriptor = 99;
    workers.start(close);
    assertThat(workers.dispatch(most)).isEqualTo(1);
    assertThat(refused.result).hasValue(Errno.EAGAIN.negated());
    assertThat(outcome).as("not told yet").hasValue(1);
    answers.countDown();
    while (workers.active() > 0) {
      woken.acquire();
      int ignored = workers.dispatch(most);
    }
    assertThat(outcome).hasValue(0);
    assertThat(closed).containsExactly(99);
    assertThat(workers.close()).isTrue();
  }

  @Test
  void shouldCloseEachFileOnceWhateverTheOrder() throws Exception {
    for (int round = 0; round < 200; round++) {
      ConcurrentHashMap<Integer, Integer> open = new ConcurrentHashMap<>();
      AtomicInteger next = new AtomicInteger();
      FileCalls calls =
          (FileCalls)
              Proxy.newProxyInstance(
                  FileCalls.class.getClassLoader(),
                  new Class<?>[] {FileCalls.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("open")) {
                      int file = next.incrementAndGet();
                      open.merge(file, 1, Integer::sum);
                      return file;
                    }
                    open.merge((Integer) arguments[0], -1, Integer::sum);
                    return 0;
                  });
      Workers some = new Workers("round", calls, () -> {});
      for (int i = 0; i < 8; i++) {
        some.start(new Opening());
      }
      assertThat(some.close()).isTrue();
      assertThat(open.values()).containsOnly(0);
    }
  }
}
