package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Faults that come between two steps of the thread that executes: without a loop. */
@Timeout(90)
class DrainerFaultTest {
  private static final String INSERT = "{\"sql\": \"INSERT INTO t VALUES (%d)\"}";

  @TempDir Path directory;
  private WorkerRig rig;
  private final Inbox inbox = new Inbox();
  private final WorkerStats stats = new WorkerStats();
  private final BlockingQueue<Inbox.Finished> started = new LinkedBlockingQueue<>();
  private Probe probe = Probe.NONE;

  /** The name of a method of the engine, and how often it still fails. */
  private volatile String troubleIn = "";

  private final AtomicInteger troubles = new AtomicInteger();

  @BeforeEach
  void open() {
    rig = new WorkerRig(directory);
    rig.query("CREATE TABLE t (n INTEGER)");
  }

  @AfterEach
  void stop() {
    inbox.wish(Inbox.Wish.STOP);
  }

  private Engine engine() {
    Engine real = SqliteEngine.open(rig.options.databaseFile(rig.spool));
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(),
            new Class<?>[] {Engine.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(troubleIn) && troubles.getAndDecrement() > 0) {
                throw new EngineTroubleException("as the test wants", new IOException());
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }

  private void start() {
    QueueHandler handler =
        new QueueHandler() {
          @Override
          public String operation() {
            return "h";
          }

          @Override
          public Object handle(QueueTask task) {
            return "";
          }
        };
    QueueConfig config = QueueConfig.DEFAULT.handlers(List.of(handler));
    Drainer drainer =
        new Drainer(
            rig.queue,
            0,
            false,
            this::engine,
            () -> config,
            inbox,
            stats,
            new WorkerLog(directory.resolve("worker.log"), null),
            probe,
            (claim, kind, attempt) ->
                started.add(new Inbox.Finished(claim, kind, new Outcome.Done(null))),
            InstantSource.system());
    Thread.ofPlatform().name("test-drainer").start(drainer);
  }

  @Test
  void shouldSettleAllThatEndedWhileTheDatabaseWasInTrouble() throws Exception {
    for (int i = 0; i < 3; i++) {
      rig.drop("5_" + i, "{\"operation\": \"h\"}");
    }
    start();
    List<Inbox.Finished> ended = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ended.add(Objects.requireNonNull(started.poll(30, TimeUnit.SECONDS)));
    }
    troubles.set(2);
    troubleIn = "recordDone";
    ended.forEach(inbox::finished);
    for (int i = 0; i < 3; i++) {
      rig.awaitCompleted("5_" + i);
    }
    assertThat(started).isEmpty(); // none was begun a second time
  }

  @Test
  void shouldForgetClaimsThatTroubleHasLeftBehind() {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    probe =
        point -> {
          if (point == Probe.Point.AFTER_COMMIT && isFirst.getAndSet(false)) {
            throw new EngineTroubleException("as the test wants", new IOException());
          }
        };
    rig.drop("5_1", INSERT.formatted(1));
    start();
    rig.awaitCompleted("5_1");
    assertThat(rig.query("SELECT n FROM t")).containsExactly("1");
  }

  @Test
  void shouldExecuteAnEntryThatCouldNotBeReadOnceItIsClaimed() {
    Path claimed = rig.spool.processing.resolve("5_1@w0");
    Path aside = directory.resolve("aside");
    AtomicBoolean isFirst = new AtomicBoolean(true);
    probe =
        point -> {
          if (point == Probe.Point.CLAIMED && Files.exists(claimed) && isFirst.getAndSet(false)) {
            move(claimed, aside);
          }
        };
    rig.drop("5_1", INSERT.formatted(1));
    start();
    WorkerRig.await("it is taken", () -> Files.exists(aside));
    rig.drop("5_2", INSERT.formatted(2));
    inbox.rescan();
    rig.awaitCompleted("5_2"); // the error with the first is dealt with
    move(aside, rig.spool.pending.resolve("5_1"));
    rig.awaitCompleted("5_1");
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
