package gyre;

import org.jctools.queues.atomic.MpscChunkedAtomicArrayQueue;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * How other threads reach the loop: tasks posted by users, in a bounded queue, and what must never
 * be refused because somebody waits for it. That is bounded by what there is: a fiber is in it once
 * because it became runnable, and once because it is unparked; a token that is cancelled about once
 * for each thread that cancels it.
 */
final class Inbox {
  private final MpscChunkedAtomicArrayQueue<Runnable> posts;
  private final MpscUnboundedAtomicArrayQueue<Object> resumes =
      new MpscUnboundedAtomicArrayQueue<>(256);
  private final int limit;

  Inbox(int limit) {
    this.limit = limit;
    // It grows from the first size to the second, which must be larger.
    this.posts =
        new MpscChunkedAtomicArrayQueue<>(Math.clamp(limit / 2, 2, 256), Math.max(limit, 4));
  }

  boolean post(Runnable task) {
    return posts.offer(task);
  }

  void resume(Object runnable) {
    resumes.offer(runnable);
  }

  @Nullable Runnable nextPost() {
    return posts.poll();
  }

  @Nullable Object nextResume() {
    return resumes.poll();
  }

  boolean isEmpty() {
    return posts.isEmpty() && resumes.isEmpty();
  }

  /** What the loop ends without having run. */
  static void discard(Object task) {
    if (task instanceof Runnable && task instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        FailureListener.LOGGING.failed("a task that was not run", e);
      }
    }
  }

  /** How many entries wait that are no posts. */
  int resumes() {
    return resumes.size();
  }

  int limit() {
    return limit;
  }
}
