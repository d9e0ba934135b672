package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What flows, and what holds it up, between two ends of a stream. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamFlowTest {
  private static final StreamOptions SMALL =
      StreamOptions.defaults().inputLimitBytes(20_000).outputLimitBytes(20_000);

  @Parameter String engine = "";

  private interface Ends {
    void use(TcpStream near, TcpStream far) throws Exception;
  }

  /** Runs with both ends on one loop. */
  private void with(StreamOptions nearOptions, Ends ends) {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            Fiber<TcpStream> far = Scope.current().call(listener::accept);
            TcpStream near = TcpStream.connect(listener.address(), nearOptions);
            ends.use(near, far.join());
            near.reset();
            far.join().reset();
          }
        });
  }

  @Test
  void shouldSendAllOfWhatACallbackWrites() {
    with(
        StreamOptions.defaults(),
        (near, far) -> {
          int size = 2 << 20;
          Loop.current().post(() -> near.write(new byte[size]));
          ByteBuffer target = ByteBuffer.allocate(size);
          far.readFully(target);
          assertThat(target.position()).isEqualTo(size);
        });
  }

  /** Who passes on to another stream must not have its two directions wait for each other. */
  @Test
  void shouldShowInputAndEndWhileTheOutputIsFullToWhoDoesNotAnswer() {
    with(
        SMALL,
        (near, far) -> {
          Fiber<?> waiter = Fiber.current();
          long[] got = {0, 0};
          near.onData(
              new DataHandler() {
                @Override
                public void onData(ByteQueue in) {
                  got[0] += in.size();
                  in.clear();
                  waiter.unpark();
                }

                @Override
                public void onEnd(ByteStream stream) {
                  got[1] = 1;
                  waiter.unpark();
                }

                @Override
                public boolean isAnswering() {
                  return false;
                }
              });
          near.sendBufferBytes(10_000);
          Loop.current().post(() -> near.write(new byte[2 << 20])); // nobody reads it
          while (near.isWritable()) {
            Fiber.yield();
          }
          far.write(new byte[200_000]);
          far.shutdownOutput();
          while (got[1] == 0) {
            Fiber.park();
          }
          assertThat(got[0]).isEqualTo(200_000);
          assertThat(near.isWritable()).isFalse();
        });
  }

  @Test
  void shouldShowAHandlerTheRestOfAFrame() {
    with(
        SMALL,
        (near, far) -> {
          int frame = 18_000;
          int[] frames = {0};
          Fiber<?> waiter = Fiber.current();
          near.onData(in -> {
            while (in.size() >= frame) {
              in.drain(frame);
              frames[0]++;
            }
            waiter.unpark();
          });
          Fiber.start(() -> far.write(new byte[frame * 50]));
          while (frames[0] < 50) {
            Fiber.park();
          }
        });
  }

  /** What arrives while the handler waits for a lock is no fault of the handler. */
  @Test
  @SuppressWarnings("LockNotBeforeTry") // another fiber takes it, which is to wait
  void shouldNotBlameAHandlerForWhatArrivesWhileItIsParked() {
    with(
        SMALL,
        (near, far) -> {
          int size = 1_000_000;
          long[] got = {0};
          int[] calls = {0};
          Fiber<?> waiter = Fiber.current();
          ReentrantLock lock = new ReentrantLock();
          lock.lock();
          near.onData(in -> {
            got[0] += in.size();
            in.clear();
            if (calls[0]++ == 0) {
              lock.lock();
              lock.unlock();
            }
            waiter.unpark();
          });
          Fiber<?> writer = Fiber.start(() -> far.write(new byte[size]));
          while (calls[0] == 0 || near.input().size() < SMALL.inputLimitBytes()) {
            Fiber.yield();
          }
          lock.unlock();
          while (got[0] < size) {
            Fiber.park();
          }
          writer.join();
          assertThat(near.isOpen()).isTrue();
        });
  }

  /** One that takes a first line, say, with very much behind it. */
  @Test
  void shouldNotBlameAHandlerForWhatItLeavesToTheNext() {
    with(
        SMALL,
        (near, far) -> {
          int size = 200_000;
          long[] got = {0};
          Fiber<?> waiter = Fiber.current();
          Fiber<?> writer = Fiber.start(() -> far.write(new byte[size]));
          while (near.input().size() < SMALL.inputLimitBytes()) {
            near.awaitMore();
          }
          near.onData(first ->
              near.onData(in -> {
                got[0] += in.size();
                in.clear();
                waiter.unpark();
              }));
          while (got[0] < size) {
            Fiber.park();
          }
          writer.join();
          assertThat(near.isOpen()).isTrue();
        });
  }

  @Test
  void shouldShowInputOnceOutputOfOthersHasDrained() {
    with(
        SMALL,
        (near, far) -> {
          Fiber<?> waiter = Fiber.current();
          long[] got = {0};
          near.onData(in -> {
            got[0] += in.size();
            in.clear();
            waiter.unpark();
          });
          near.sendBufferBytes(64 * 1024);
          far.receiveBufferBytes(64 * 1024);
          int flood = 4 << 20; // as much as a callback may write, and more than the kernel takes
          Loop.current().post(() -> near.write(new byte[flood]));
          Fiber.yield();
          far.write(new byte[10]);
          Fiber.yield();
          assertThat(got[0]).isZero();
          far.readFully(ByteBuffer.allocate(flood));
          while (got[0] < 10) {
            Fiber.park();
          }
        });
  }

  @Test
  void shouldEndAFlushThatGetsNowhere() {
    with(
        StreamOptions.defaults().outputLimitBytes(64 << 20).writeTimeout(Duration.ofMillis(100)),
        (near, far) -> {
          near.write(ByteBuffer.allocate(32 << 20));
          assertThatThrownBy(near::flush)
              .isInstanceOf(NetworkTimeoutException.class)
              .hasMessageContaining("could send nothing");
        });
  }

  @Test
  void shouldEndAWriteToAPeerThatOnlyTalks() {
    with(
        SMALL.writeTimeout(Duration.ofMillis(200)),
        (near, far) -> {
          near.onData(ByteQueue::clear);
          Fiber<?> talker = Fiber.start(() -> talkUntilItBreaks(far));
          assertThatThrownBy(() -> near.write(ByteBuffer.allocate(64 << 20)))
              .isInstanceOf(RuntimeException.class);
          talker.join();
        });
  }

  private static void talkUntilItBreaks(TcpStream stream) {
    try {
      while (true) {
        stream.write(new byte[1]);
        Fiber.sleep(Duration.ofMillis(20));
      }
    } catch (NetworkException e) {
      assertThat(e.errno()).isPositive();
    }
  }

  @Test
  void shouldGoOnAfterAReadThatTimedOut() {
    with(
        StreamOptions.defaults().readTimeout(Duration.ofMillis(50)),
        (near, far) -> {
          ByteBuffer target = ByteBuffer.allocate(16);
          assertThatThrownBy(() -> near.read(target)).isInstanceOf(NetworkTimeoutException.class);
          near.write(new byte[] {1});
          far.write(new byte[] {2, 3});
          assertThat(near.read(target)).isEqualTo(2);
          assertThat(far.read(ByteBuffer.allocate(16))).isEqualTo(1);
        });
  }

  @Test
  void shouldPauseAndResumeAHandler() {
    with(
        SMALL,
        (near, far) -> {
          Fiber<?> waiter = Fiber.current();
          long[] got = {0};
          near.onData(in -> {
            got[0] += in.size();
            in.clear();
            near.pauseInput();
            waiter.unpark();
          });
          int size = 4 << 20;
          Fiber<?> writer = Fiber.start(() -> far.write(new byte[size]));
          while (got[0] < size) {
            Fiber.park();
            near.resumeInput();
          }
          writer.join();
          assertThat(got[0]).isEqualTo(size);
        });
  }

  @Test
  void shouldFlushAfterTheOutputIsShut() {
    with(
        StreamOptions.defaults(),
        (near, far) -> {
          near.write(new byte[] {1, 2, 3});
          near.shutdownOutput();
          near.flush();
          ByteBuffer target = ByteBuffer.allocate(8);
          while (far.read(target) >= 0) {
            assertThat(target.hasRemaining()).isTrue();
          }
          assertThat(target.position()).isEqualTo(3);
        });
  }
}
