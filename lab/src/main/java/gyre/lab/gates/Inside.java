package gyre.lab.gates;

import java.util.Map;
import java.util.Optional;

/** What a process tells of itself while it is judged; it decides nothing. */
public interface Inside extends AutoCloseable {
  /** Of what has happened since the last call, or since the beginning: names and values. */
  Map<String, Object> sinceLast();

  @Override
  void close();

  /** Finds what tells of a process. */
  @FunctionalInterface
  interface Source {
    /** Nobody tells of any. */
    Source NONE = _ -> Optional.empty();

    Optional<Inside> of(long pid);
  }
}
