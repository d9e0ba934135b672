package gyre.lab.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the processes use that one has started, and those that they have: a command is often a
 * script whose work is done by others. Seen at each look; what ends in between is known where its
 * parent has waited for it.
 */
final class Family {
  private static final double TICKS_A_SECOND = 100;
  private static final int CHILD_USER = 13;
  private static final int CHILD_KERNEL = 14;

  private final Path proc;
  private final long root;
  private final long endedBefore;
  private final Map<Long, Member> members = new HashMap<>();

  /** User and kernel time, in ticks, when it was seen first and last. */
  private record Member(String name, long first, long last) {}

  /**
   * What they used.
   *
   * @param seen how many were met while they lived
   * @param cores on average
   * @param busiest the number of the one that used most; 0 where none was met
   */
  record Use(int seen, double cores, long busiest, String name) {
    static final Use NONE = new Use(0, 0, 0, "");
  }

  Family(long root) {
    this(Path.of("/proc"), root);
  }

  /** Of the files in {@code proc}. */
  Family(Path proc, long root) {
    this.proc = proc;
    this.root = root;
    this.endedBefore = ended();
    look(true);
  }

  /** Those that are there now. */
  void look() {
    look(false);
  }

  private void look(boolean isFirst) {
    Set<Long> met = new HashSet<>();
    add(root, met, isFirst);
  }

  private void add(long parent, Set<Long> met, boolean isFirst) {
    for (long pid : children(parent)) {
      if (met.add(pid)) {
        String stat = read(pid + "/stat");
        if (!stat.isEmpty()) {
          long[] ticks = ProcessProfile.ticks(stat);
          long used = ticks[0] + ticks[1];
          String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
          // One that came later has used all of its time since.
          Member old = members.getOrDefault(pid, new Member(name, isFirst ? used : 0, used));
          members.put(pid, new Member(name, old.first(), used));
        }
        add(pid, met, isFirst);
      }
    }
  }

  /** Children belong to the thread that has started them. */
  private Set<Long> children(long parent) {
    Set<Long> found = new HashSet<>();
    try (var threads = Files.newDirectoryStream(proc.resolve(parent + "/task"))) {
      for (Path thread : threads) {
        for (String word :
            read(parent + "/task/" + thread.getFileName() + "/children").split(" ", -1)) {
          if (!word.isBlank()) {
            found.add(Long.parseLong(word.strip()));
          }
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      return found; // it has ended
    }
    return found;
  }

  /** Of children that the first process has waited for, and of theirs. */
  private long ended() {
    String stat = read(root + "/stat");
    if (stat.isEmpty()) {
      return 0;
    }
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[CHILD_USER]) + Long.parseLong(fields[CHILD_KERNEL]);
  }

  private String read(String file) {
    try {
      return Files.readString(proc.resolve(file));
    } catch (IOException e) {
      return "";
    }
  }

  /** Until now, of so many seconds. */
  Use use(double seconds) {
    look();
    long ended = Math.max(0, ended() - endedBefore);
    long living = 0;
    long busiest = 0;
    long most = -1;
    for (Map.Entry<Long, Member> each : members.entrySet()) {
      long used = each.getValue().last() - each.getValue().first();
      // One that has ended is told by its parent.
      living += Files.exists(proc.resolve(Long.toString(each.getKey()))) ? used : 0;
      if (used > most) {
        most = used;
        busiest = each.getKey();
      }
    }
    Member first = members.get(busiest);
    return new Use(
        members.size(),
        (living + ended) / TICKS_A_SECOND / seconds,
        busiest,
        first == null ? "" : first.name());
  }
}
