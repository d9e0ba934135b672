package gyre.lab.program;

import gyre.Fiber;
import gyre.lab.program.ChannelRound.Result;
import gyre.sync.Case;
import gyre.sync.Channel;
import gyre.sync.Mutex;
import gyre.sync.Received;
import gyre.sync.Receiver;
import gyre.sync.Select;
import gyre.sync.Sender;
import gyre.sync.SharedChannel;

/** Gyre's channels and locks, in fibers of one loop or of two. */
final class GyreChannels {
  private GyreChannels() {}

  static Round channels(Options options) throws Exception {
    return switch (ChannelRound.variant(options)) {
      case "within" -> {
        GyreLoop loop = GyreLoop.start();
        yield ChannelRound.of(options, count -> loop.call(() -> within(count)));
      }
      case "between" -> {
        GyreLoop near = GyreLoop.start(Cores::pinToFirst);
        GyreLoop far = GyreLoop.start(Cores::pinToSecond);
        yield ChannelRound.of(options, count -> near.call(() -> between(far, count)));
      }
      case "select4" -> {
        GyreLoop loop = GyreLoop.start();
        yield ChannelRound.of(options, count -> loop.call(() -> select(count)));
      }
      default -> throw ChannelRound.unknown(options);
    };
  }

  static Round locks(Options options) throws Exception {
    if (!ChannelRound.variant(options).equals("mutex")) {
      throw ChannelRound.unknown(options);
    }
    GyreLoop loop = GyreLoop.start();
    return ChannelRound.of(options, count -> loop.call(() -> mutex(count)));
  }

  private static Result within(int count) {
    Channel<Integer> channel = Channel.bounded(ChannelRound.CAPACITY);
    long start = System.nanoTime();
    var _ = Fiber.start(() -> sendAll(channel, count));
    return receiveAll(channel, start, count);
  }

  private static Result between(GyreLoop far, int count) {
    SharedChannel<Integer> channel = SharedChannel.bounded(ChannelRound.CAPACITY);
    long start = System.nanoTime();
    far.post(() -> Fiber.start(() -> sendAll(channel, count)));
    return receiveAll(channel, start, count);
  }

  private static void sendAll(Sender<Integer> to, int count) {
    for (int i = 0; i < count; i++) {
      to.send(ChannelRound.message(i));
    }
    to.close();
  }

  private static Result receiveAll(Receiver<Integer> from, long start, int count) {
    int received = 0;
    long wrong = 0;
    for (int item : from) {
      wrong += ChannelRound.wrong(item, received++);
    }
    return new Result(System.nanoTime() - start, wrong + Math.abs(count - received));
  }

  /** All four can be received from at any time: what comes out of one goes back into it. */
  private static Result select(int count) {
    Select<Integer> select = Select.fair(ready(), ready(), ready(), ready());
    long start = System.nanoTime();
    long wrong = 0;
    for (int i = 0; i < count; i++) {
      wrong += select.await() == 1 ? 0 : 1;
    }
    return new Result(System.nanoTime() - start, wrong);
  }

  private static Case<Integer> ready() {
    Channel<Integer> channel = Channel.bounded(1);
    channel.send(1);
    return Select.receive(
        channel,
        received -> {
          channel.send(1);
          return received instanceof Received.Value<Integer>(Integer item) ? item : 0;
        });
  }

  private static Result mutex(int count) {
    Mutex mutex = Mutex.create("mutex");
    int inside = 0;
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      mutex.lock();
      inside++;
      mutex.unlock();
    }
    return new Result(System.nanoTime() - start, Math.abs(count - inside));
  }
}
