package gyre.sim.engine;

import gyre.process.OsSignal;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The children of all programs of a machine. Numbers are used again soon. */
final class ProcessTable {
  private static final int FIRST = 1000;
  private static final int NUMBERS = 200;

  private final Universe universe;
  private final TreeMap<Integer, SimProcess> all = new TreeMap<>();
  private int next;

  ProcessTable(Universe universe) {
    this.universe = universe;
  }

  Universe universe() {
    return universe;
  }

  /** A number that no process, group or session has; 0 if there is none. */
  int free() {
    for (int tries = 0; tries < NUMBERS; tries++) {
      int candidate = FIRST + next++ % NUMBERS;
      if (!all.containsKey(candidate) && members(candidate).isEmpty()) {
        return candidate;
      }
    }
    return 0;
  }

  void add(SimProcess process) {
    SimProcess before = all.put(process.number(), process);
    assert before == null : "two have the number of " + process;
  }

  void remove(SimProcess process) {
    all.remove(process.number());
  }

  @Nullable SimProcess find(int number) {
    return all.get(number);
  }

  boolean isTaken(int number) {
    return all.containsKey(number);
  }

  /** All of a group, those that were not collected included. */
  List<SimProcess> members(int group) {
    return all.values().stream().filter(process -> process.group == group).toList();
  }

  List<SimProcess> childrenOf(SimEngine parent) {
    return all.values().stream().filter(process -> process.parent() == parent).toList();
  }

  /** Those whose parent was a process that has ended: somebody else collects them. */
  void parentDied(SimProcess ended) {
    for (SimProcess process : List.copyOf(all.values())) {
      SimEngine parent = process.parent();
      if (parent != null && parent.process() == ended) {
        process.orphan();
      }
    }
  }

  void kill(List<SimProcess> processes) {
    processes.forEach(process -> process.send(OsSignal.KILL));
  }

  /** The host has crashed. */
  void clear() {
    all.clear();
  }
}
