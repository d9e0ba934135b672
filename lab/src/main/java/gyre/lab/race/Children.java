package gyre.lab.race;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Every child that is alive, so that none outlives this process. */
final class Children {
  private static final Set<Child> ALIVE = ConcurrentHashMap.newKeySet();

  private Children() {}

  static void add(Child child) {
    ALIVE.add(child);
  }

  static void remove(Child child) {
    ALIVE.remove(child);
  }

  static void killAll() {
    ALIVE.forEach(Child::kill);
  }
}
