package gyre.queue;

import java.util.List;
import java.util.Optional;

/** What an operator does with a queue: look, search, retry, discard, pause. Calls block. */
public interface QueueOperations {
  Inspection.Counts counts();

  /** Workers that live, with their heartbeats. */
  List<Inspection.LiveWorker> workers();

  /**
   * Entries of some places, at most {@code limit}, in no order.
   *
   * @param text that must be in the id, the content or the error; empty for all
   */
  List<Inspection.Item> search(List<Inspection.Place> places, String text, int limit);

  /** The entry of that id. */
  Optional<Inspection.Item> find(String id);

  /**
   * Has an entry done again that was given up, or at once one that waits for its time.
   *
   * @return whether there is one
   */
  boolean retry(String id);

  /**
   * Deletes an entry that waits or was given up.
   *
   * @return whether there is one
   */
  boolean discard(String id);

  /**
   * Has workers begin nothing more; what runs may end. It stays so over restarts.
   *
   * @param operation of that kind alone; empty for all
   */
  void pause(String operation);

  /** The opposite of {@link #pause}; false if it was not paused. */
  boolean resume(String operation);

  boolean isPaused();

  /**
   * Asks all workers to finish what waits, up to their limits, and to end.
   *
   * @return a line for each one that was asked
   * @throws QueueException if some could not be asked; all others were, and it names them
   */
  List<String> drain();

  /** All of it as one line of JSON. */
  String json();

  /** For a person: some lines. */
  List<String> report();

  /** What is wrong, and what to do; empty if nothing is. */
  List<String> findings();
}
