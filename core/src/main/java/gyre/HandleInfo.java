package gyre;

import org.jspecify.annotations.Nullable;

/**
 * A line of the list of what is open.
 *
 * @param opened shows in its stack where it was opened, if {@link LoopOptions#reportLeaks} is on
 */
public record HandleInfo(
    String kind,
    String name,
    String owner,
    Handle.State state,
    long ageMillis,
    int pendingOperations,
    @Nullable Throwable opened) {
  static HandleInfo of(HandleBase handle) {
    return new HandleInfo(
        handle.kind(),
        handle.name(),
        handle.owner().toString(),
        handle.state(),
        handle.ageMillis(),
        handle.pendingOperations(),
        handle.opened());
  }
}
