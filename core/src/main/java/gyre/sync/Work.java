package gyre.sync;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Work that is done by several fibers, and ends with the call that started it: nothing that these
 * methods start is alive when they return or throw, whatever the reason.
 *
 * <ul>
 *   <li><b>Threads</b>: called in a fiber; what they start runs in fibers of the same loop.
 *   <li><b>Cancellation</b>: all of them park. One that is cancelled cancels what it has started,
 *       and waits for its end.
 *   <li><b>Failures</b>: the first one is thrown, and cancels the rest; those that come later are
 *       attached to it.
 *   <li><b>Cost</b>: a fiber for each piece of work that is under way.
 * </ul>
 */
public final class Work {
  private Work() {}

  /** What is done for each item. */
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {
    void accept(T item) throws Exception;
  }

  /** What is made of each item. */
  @FunctionalInterface
  public interface Mapping<T extends @Nullable Object, R extends @Nullable Object> {
    R apply(T item) throws Exception;
  }

  /**
   * Does all of them at the same time, and gives their results in the order of {@code works}. The
   * first that fails cancels the others, and is thrown when these have ended: checked failures as
   * the cause of a {@link gyre.FiberFailedException}.
   */
  public static <T extends @Nullable Object> List<T> all(
      List<? extends Callable<? extends T>> works) {
    try (Scope scope = Scope.open("all")) {
      List<Fiber<T>> fibers = new ArrayList<>(works.size());
      for (Callable<? extends T> work : works) {
        fibers.add(scope.call("all-" + fibers.size(), work));
      }
      scope.join();
      List<T> results = new ArrayList<>(fibers.size());
      fibers.forEach(fiber -> results.add(fiber.join()));
      return results;
    }
  }

  /**
   * Does all of them at the same time, gives the result of the first that has one, and cancels the
   * others. If all fail the first failure is thrown, with the others attached.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static <T extends @Nullable Object> T race(List<? extends Callable<? extends T>> works) {
    if (works.isEmpty()) {
      throw new IllegalArgumentException("nobody takes part in the race");
    }
    try (Gather<T> gather = Gather.open("race")) {
      works.forEach(gather::start);
      return firstDone(gather);
    }
  }

  /** The first result that is none of a failure; throws the first failure if all fail. */
  static <T extends @Nullable Object> T firstDone(Gather<T> gather) {
    Outcome.@Nullable Failed<T> first = null;
    while (true) {
      switch (gather.next()) {
        case Outcome.Done<T> done -> {
          return done.value();
        }
        case Outcome.Failed<T> failed -> first = attach(first, failed);
      }
      if (!gather.hasNext()) {
        return first.get();
      }
    }
  }

  static <T extends @Nullable Object> Outcome.Failed<T> attach(
      Outcome.@Nullable Failed<T> first, Outcome.Failed<T> later) {
    if (first == null) {
      return later;
    }
    if (first.failure() != later.failure()) {
      first.failure().addSuppressed(later.failure());
    }
    return first;
  }

  /**
   * Does {@code body} for each item, for {@code limit} of them at a time, each in a fiber of its
   * own. The next item is asked for when there is room for it: so memory does not grow with the
   * number of items, and they may come from something that is read, or from a channel.
   *
   * <p>The first that fails cancels the others, and is thrown when these have ended. Then, or when
   * the caller is cancelled, items that were not begun are not asked for. A body that cancels the
   * scope it runs in ends all of it by a {@link CancelledException}.
   *
   * @param limit at least 1
   */
  public static <T extends @Nullable Object> void forEach(
      Iterable<? extends T> items, int limit, Body<? super T> body) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ": must be at least 1");
    }
    try (Scope scope = Scope.open("each")) {
      Semaphore room = Semaphore.create("each", limit);
      try {
        var each = items.iterator();
        Permit permit = room.acquire();
        while (each.hasNext()) {
          T item = each.next();
          Permit mine = permit;
          Fiber<?> ignored =
              scope.start(() -> {
                try (mine) {
                  body.accept(item);
                }
              });
          permit = room.acquire();
        }
      } catch (CancelledException e) {
        scope.join(); // throws the failure that cancelled it, if there is one
        throw e;
      }
      scope.join();
      scope.cancellation().check(); // a body has cancelled it: not all are done
    }
  }

  /** As {@link #forEach}, and gives what is made of the items, in their order. */
  public static <T extends @Nullable Object, R extends @Nullable Object> List<R> map(
      Iterable<? extends T> items, int limit, Mapping<? super T, ? extends R> mapping) {
    List<@Nullable R> results = new ArrayList<>();
    forEach(
        () -> numbered(items, results),
        limit,
        (Numbered<T> item) -> results.set(item.index, mapping.apply(item.value)));
    return complete(results);
  }

  private record Numbered<T extends @Nullable Object>(int index, T value) {}

  /** Makes a place for the result of each item that is asked for. */
  private static <T extends @Nullable Object, R extends @Nullable Object>
      java.util.Iterator<Numbered<T>> numbered(
          Iterable<? extends T> items, List<@Nullable R> results) {
    var each = items.iterator();
    return new java.util.Iterator<>() {
      @Override
      public boolean hasNext() {
        return each.hasNext();
      }

      @Override
      public Numbered<T> next() {
        T value = each.next();
        results.add(null);
        return new Numbered<>(results.size() - 1, value);
      }
    };
  }

  @SuppressWarnings("NullAway") // each has been set: all bodies have ended
  private static <R extends @Nullable Object> List<R> complete(List<@Nullable R> results) {
    return results;
  }
}
