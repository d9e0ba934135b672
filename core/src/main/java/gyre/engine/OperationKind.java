package gyre.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What operations of one class ask for. An engine looks up by it how to carry them out, so that a
 * new kind needs no change to an engine but its registration.
 */
public final class OperationKind {
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** The same for the life of the JVM only: an index of an engine's tables. */
  public final int index = COUNT.getAndIncrement();

  private final String name;

  private OperationKind(String name) {
    this.name = name;
  }

  /** A new kind, to be kept in a constant of the class of its operations. */
  public static OperationKind named(String name) {
    return new OperationKind(name);
  }

  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
