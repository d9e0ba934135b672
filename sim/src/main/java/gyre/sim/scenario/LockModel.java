package gyre.sim.scenario;

import java.util.ArrayDeque;

/** Who may be inside of a lock of so many units, and in which order they come to be. */
final class LockModel {
  private final String name;
  private final int units;

  /** Whether only one at a time is given something, so that the order can be seen. */
  private final boolean isOrdered;

  private final ArrayDeque<String> line = new ArrayDeque<>();
  private int taken;

  LockModel(String name, int units, boolean isOrdered) {
    this.name = name;
    this.units = units;
    this.isOrdered = isOrdered;
  }

  /** Somebody comes to wait, or to take it at once. */
  void comes(String who) {
    line.add(who);
  }

  /** Has given up. */
  void gives(String who) {
    boolean was = line.remove(who);
    check(was, who + " leaves the line of " + name + " and does not stand in it");
  }

  void enters(String who, int amount) {
    String first = line.peek();
    check(!isOrdered || who.equals(first), who + " has " + name + " before " + first);
    gives(who);
    taken += amount;
    check(taken <= units, who + " has " + name + ", of which " + taken + " are taken");
  }

  void leaves(int amount) {
    taken -= amount;
    check(taken >= 0, name + " is given back twice");
  }

  private void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise + " of " + units);
    }
  }
}
