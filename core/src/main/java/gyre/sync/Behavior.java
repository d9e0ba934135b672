package gyre.sync;

/**
 * What an {@link Actor} does with its messages, and the state that only it touches.
 *
 * @param <M> best a sealed interface, so that a {@code switch} covers every message
 */
@FunctionalInterface
public interface Behavior<M> {
  /** Handles one message; the next one comes when this has returned. It may wait. */
  void handle(M message) throws Exception;
}
