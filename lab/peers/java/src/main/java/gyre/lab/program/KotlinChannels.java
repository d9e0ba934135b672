package gyre.lab.program;

import gyre.lab.program.ChannelRound.Result;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlin.jvm.functions.Function1;
import kotlin.jvm.functions.Function2;
import kotlinx.coroutines.BuildersKt;
import kotlinx.coroutines.CoroutineDispatcher;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.CoroutineStart;
import kotlinx.coroutines.ExecutorsKt;
import kotlinx.coroutines.GlobalScope;
import kotlinx.coroutines.Job;
import kotlinx.coroutines.channels.BufferOverflow;
import kotlinx.coroutines.channels.Channel;
import kotlinx.coroutines.channels.ChannelKt;
import kotlinx.coroutines.selects.SelectBuilder;
import kotlinx.coroutines.selects.SelectUnbiasedKt;
import kotlinx.coroutines.sync.Mutex;
import kotlinx.coroutines.sync.MutexKt;
import org.jspecify.annotations.Nullable;

/** Kotlin's channels and mutex: on the event loop of {@code runBlocking}, or on two threads. */
final class KotlinChannels {
  private KotlinChannels() {}

  static Round channels(Options options) {
    return switch (ChannelRound.variant(options)) {
      case "within" -> ChannelRound.of(options, KotlinChannels::within);
      case "between" -> {
        CoroutineDispatcher far =
            ExecutorsKt.from(
                Executors.newSingleThreadExecutor(JdkChannels.pinned(Cores::pinToSecond)));
        Cores.pinToFirst();
        yield ChannelRound.of(options, count -> between(far, count));
      }
      case "select4" -> ChannelRound.of(options, KotlinChannels::select);
      default -> throw ChannelRound.unknown(options);
    };
  }

  static Round locks(Options options) {
    if (!ChannelRound.variant(options).equals("mutex")) {
      throw ChannelRound.unknown(options);
    }
    return ChannelRound.of(
        options,
        count -> blocking((_, end) -> new Locking(end, MutexKt.Mutex(false), count).begin()));
  }

  private static Channel<Integer> channel(int capacity) {
    return ChannelKt.Channel(capacity, BufferOverflow.SUSPEND, null);
  }

  private static Result blocking(
      Function2<CoroutineScope, Continuation<? super Result>, Object> body)
      throws InterruptedException {
    return BuildersKt.runBlocking(EmptyCoroutineContext.INSTANCE, body);
  }

  private static Result within(int count) throws InterruptedException {
    Channel<Integer> channel = channel(ChannelRound.CAPACITY);
    return blocking((scope, end) -> {
      Receiving receiving = new Receiving(end, channel, count);
      Job ignored =
          BuildersKt.launch(
              scope,
              EmptyCoroutineContext.INSTANCE,
              CoroutineStart.DEFAULT,
              (_, sent) -> new Sending(sent, channel, count).begin());
      return receiving.begin();
    });
  }

  private static Result between(CoroutineDispatcher far, int count) throws InterruptedException {
    Channel<Integer> channel = channel(ChannelRound.CAPACITY);
    return blocking((_, end) -> {
      Receiving receiving = new Receiving(end, channel, count);
      Job ignored =
          BuildersKt.launch(
              GlobalScope.INSTANCE,
              far,
              CoroutineStart.DEFAULT,
              (_, sent) -> new Sending(sent, channel, count).begin());
      return receiving.begin();
    });
  }

  private static Result select(int count) throws InterruptedException {
    List<Channel<Integer>> channels = List.of(channel(1), channel(1), channel(1), channel(1));
    return blocking((_, end) -> new Selecting(end, channels, count).begin());
  }

  private static final class Sending extends Coroutine {
    private static final long serialVersionUID = 1L;

    private final transient Channel<Integer> channel;
    private final int count;
    private int sent;

    Sending(Continuation<?> completion, Channel<Integer> channel, int count) {
      super(completion);
      this.channel = channel;
      this.count = count;
    }

    @Override
    Object goOn(Object result) {
      while (sent < count) {
        if (channel.send(ChannelRound.message(sent++), this) == SUSPENDED) {
          return SUSPENDED;
        }
      }
      return Unit.INSTANCE;
    }
  }

  private static final class Receiving extends Coroutine {
    private static final long serialVersionUID = 1L;

    private final transient Channel<Integer> channel;
    private final int count;
    private final long start = System.nanoTime();
    private boolean isWaiting;
    private int received;
    private long wrong;

    Receiving(Continuation<?> completion, Channel<Integer> channel, int count) {
      super(completion);
      this.channel = channel;
      this.count = count;
    }

    @Override
    Object goOn(Object result) {
      @Nullable Object item = result;
      while (true) {
        if (isWaiting) {
          isWaiting = false;
          wrong += ChannelRound.wrong((Integer) Objects.requireNonNull(item), received++);
        }
        if (received == count) {
          return new Result(System.nanoTime() - start, wrong);
        }
        item = channel.receive(this);
        isWaiting = true;
        if (item == SUSPENDED) {
          return SUSPENDED;
        }
      }
    }
  }

  /** What comes out of a channel goes back into it. */
  private static final class Selecting extends Coroutine {
    private static final long serialVersionUID = 1L;

    private final transient List<Channel<Integer>> channels;
    private final int count;
    private transient long start;
    private int filled;
    private int selected;
    private long wrong;

    Selecting(Continuation<?> completion, List<Channel<Integer>> channels, int count) {
      super(completion);
      this.channels = channels;
      this.count = count;
    }

    @Override
    Object goOn(Object result) {
      for (; filled < channels.size(); filled++) {
        check(channels.get(filled).send(1, this));
      }
      start = System.nanoTime();
      for (; selected < count; selected++) {
        @Nullable Object chosen = SelectUnbiasedKt.selectUnbiased(cases(), this);
        check(chosen);
        check(channels.get((Integer) Objects.requireNonNull(chosen)).send(1, this));
      }
      return new Result(System.nanoTime() - start, wrong);
    }

    /** Nothing of it ever has to wait. */
    private static void check(@Nullable Object answer) {
      if (answer == SUSPENDED) {
        throw new IllegalStateException("suspended, though all was ready");
      }
    }

    private Function1<SelectBuilder<? super Integer>, Unit> cases() {
      return builder -> {
        for (int i = 0; i < channels.size(); i++) {
          Integer number = i;
          builder.invoke(
              channels.get(i).getOnReceive(),
              (item, _) -> {
                wrong += item == 1 ? 0 : 1;
                return number;
              });
        }
        return Unit.INSTANCE;
      };
    }
  }

  private static final class Locking extends Coroutine {
    private static final long serialVersionUID = 1L;

    private final transient Mutex mutex;
    private final int count;
    private final long start = System.nanoTime();
    private int inside;

    Locking(Continuation<?> completion, Mutex mutex, int count) {
      super(completion);
      this.mutex = mutex;
      this.count = count;
    }

    @Override
    Object goOn(Object result) {
      for (int i = 0; i < count; i++) {
        if (mutex.lock(null, this) == SUSPENDED) {
          throw new IllegalStateException("suspended, though nobody held it");
        }
        inside++;
        mutex.unlock(null);
      }
      return new Result(System.nanoTime() - start, Math.abs(count - inside));
    }
  }
}
