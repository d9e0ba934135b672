package gyre;

/** A line of the list of what is open. */
public record HandleInfo(
    String kind,
    String name,
    String owner,
    Handle.State state,
    long ageMillis,
    int pendingOperations) {
  static HandleInfo of(Handle handle) {
    return new HandleInfo(
        handle.kind(),
        handle.name(),
        handle.owner().toString(),
        handle.state(),
        handle.ageMillis(),
        handle.pendingOperations());
  }
}
