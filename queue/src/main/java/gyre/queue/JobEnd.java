package gyre.queue;

import org.jspecify.annotations.Nullable;

/**
 * How an entry has ended.
 *
 * @param isDone false if it was given up, and lies in {@code failed/}
 * @param error why it was given up; else empty
 * @param result what came of it, if {@link Job#keepResult} was said: maps, lists, strings, numbers
 */
public record JobEnd(boolean isDone, String error, @Nullable Object result) {
  public String resultJson() {
    return Json.write(result);
  }
}
