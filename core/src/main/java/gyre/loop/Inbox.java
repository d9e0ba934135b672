package gyre.loop;

import org.jctools.queues.atomic.MpscChunkedAtomicArrayQueue;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * How other threads reach the loop: tasks posted by users, in a bounded queue, and what must never
 * be refused because somebody waits for it. That is bounded by what there is: a fiber is in it once
 * because it became runnable, and once because it is unparked; a token that is cancelled about once
 * for each thread that cancels it.
 */
public final class Inbox {
  private final MpscChunkedAtomicArrayQueue<Runnable> posts;
  private final MpscUnboundedAtomicArrayQueue<Object> resumes =
      new MpscUnboundedAtomicArrayQueue<>(256);
  private final int limit;

  public Inbox(int limit) {
    this.limit = limit;
    // It grows from the first size to the second, which must be larger.
    this.posts =
        new MpscChunkedAtomicArrayQueue<>(Math.clamp(limit / 2, 2, 256), Math.max(limit, 4));
  }

  public boolean post(Runnable task) {
    return posts.offer(task);
  }

  public void resume(Object runnable) {
    resumes.offer(runnable);
  }

  public @Nullable Runnable nextPost() {
    return posts.poll();
  }

  public @Nullable Object nextResume() {
    return resumes.poll();
  }

  public boolean isEmpty() {
    return posts.isEmpty() && resumes.isEmpty();
  }

  /** What the loop ends without having run. */
  public static void discard(Object task) {
    if (task instanceof Runnable && task instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        Logging.log(System.Logger.Level.ERROR, "a task that was not run failed", e);
      }
    }
  }

  /** How many entries wait that are no posts. */
  public int resumes() {
    return resumes.size();
  }

  /** How many tasks wait. */
  public int posts() {
    return posts.size();
  }

  public int limit() {
    return limit;
  }
}
