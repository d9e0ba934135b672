package gyre.lab.race;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Every child that is alive, so that none outlives this process. */
public final class Children {
  private static final Set<Child> ALIVE = ConcurrentHashMap.newKeySet();
  private static volatile boolean ending;

  private Children() {}

  static void add(Child child) {
    ALIVE.add(child);
  }

  static void remove(Child child) {
    ALIVE.remove(child);
  }

  /** This process is about to end: all children end now, and no further one is started. */
  public static void end() {
    ending = true;
    ALIVE.forEach(Child::kill);
  }

  static boolean areEnding() {
    return ending;
  }
}
