package gyre.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The machine that this program runs on. */
final class RealEnvironment implements Environment {
  @Override
  public @Nullable Order order() {
    return null;
  }

  @Override
  public long randomSeed() {
    return ThreadLocalRandom.current().nextLong();
  }

  @Override
  public InstantSource clock() {
    return InstantSource.system();
  }

  @Override
  public Signals signals() {
    return JvmSignals.INSTANCE;
  }

  @Override
  public Subscription lastMoment(long delayNanos, Runnable expired) {
    CountDownLatch cancelled = new CountDownLatch(1);
    Thread ignored =
        Thread.ofPlatform()
            .daemon()
            .name("gyre-last-moment")
            .start(() -> {
              try {
                if (!cancelled.await(delayNanos, TimeUnit.NANOSECONDS)) {
                  expired.run();
                }
              } catch (InterruptedException e) {
                // Nobody has reason to interrupt it; then there is no last moment.
              }
            });
    return cancelled::countDown;
  }

  @Override
  public Workers workers(String name, int threads, int queueLimit) {
    return new HelperThreads(name, threads, queueLimit);
  }

  @Override
  public void inboxReceived(BooleanSupplier onLoop) {
    // From any thread is what an inbox is for.
  }

  @Override
  public List<InetAddress> resolve(String host) throws UnknownHostException {
    return List.of(InetAddress.getAllByName(host));
  }
}
