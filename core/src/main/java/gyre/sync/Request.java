package gyre.sync;

import gyre.Source;

/**
 * Asks for a {@link Permit} as a {@link Source}: to wait for a lock or something else.
 *
 * <pre>{@code
 * Request request = mutex.request();
 * if (Fiber.awaitFirst(request, deadline) == request) {
 *   try (Permit permit = request.take()) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>Whoever waits stands in the same line as those who call {@code hold} or {@code acquire}. Once
 * a wait has ended with this being chosen, the permit is set aside, and {@link #take} has to be the
 * next thing that the fiber does: nobody else gets it before. A wait that lost, or was cancelled,
 * has taken nothing.
 *
 * <p>One fiber waits for a request at a time; after {@code take} it may be used again.
 */
public interface Request extends Source {
  /**
   * Takes the permit. Does not park.
   *
   * @throws IllegalStateException if it is not ready
   */
  Permit take();
}
