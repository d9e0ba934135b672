package gyre.queue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes entries by a rename to {@code processing/NAME@wSLOT}. Of several workers one wins; the
 * others see that the file is gone. The slot in the name says whose it is, so that a worker finds
 * its own after a crash, and others find those of one that is dead.
 */
final class Claims {
  private static final String MARK = "@w";

  private final Spool spool;
  private final int slot;

  /** What this worker has taken and not finished. */
  private final Set<Path> held = new HashSet<>();

  Claims(Spool spool, int slot) {
    this.spool = spool;
    this.slot = slot;
  }

  enum Miss {
    /** Another worker was quicker, or somebody has deleted it. */
    GONE,
    /** One of the same name is being executed. */
    SAME_NAME
  }

  /** What came of an attempt to take one: a file, or the reason why not. */
  record Taken(@Nullable Path file, @Nullable Miss miss) {}

  Taken take(EntryName name) throws IOException {
    Path target = spool.processing.resolve(name.text() + MARK + slot);
    if (!held.add(target)) {
      return new Taken(null, Miss.SAME_NAME);
    }
    try {
      if (Files.exists(target)) { // a link that leads nowhere is no entry, and gives way
        held.remove(target); // it waits to be replayed
        return new Taken(null, Miss.SAME_NAME);
      }
      Spool.move(name.path(), target);
      return new Taken(target, null);
    } catch (NoSuchFileException e) {
      held.remove(target);
      if (!spool.isThere()) {
        throw e;
      }
      return new Taken(null, Miss.GONE);
    } catch (IOException | RuntimeException e) {
      held.remove(target);
      throw e;
    }
  }

  /** Gives one back untouched. */
  void putBack(Path file, EntryName name) throws IOException {
    try {
      Spool.moveNew(file, name.path());
    } catch (FileAlreadyExistsException e) {
      Spool.moveBeside(file, spool.pending, name.text());
    } catch (NoSuchFileException e) {
      if (!Spool.isSameFile(file, name.path())) {
        throw e;
      }
      Files.deleteIfExists(file); // a crash in the midst of this has left it both names
    }
    held.remove(file);
  }

  /** It is in another directory now. */
  void ended(Path file) {
    held.remove(file);
  }

  /** After trouble: what else was held is in {@code processing/} for whoever looks there. */
  void retain(Set<Path> files) {
    held.retainAll(files);
  }

  void holds(Path file) {
    held.add(file);
  }

  boolean isHeld(Path file) {
    return held.contains(file);
  }

  int count() {
    return held.size();
  }

  /** The slot whose worker has it; -1 for a file of the shell worker, which wrote none. */
  static int slotOf(String name) {
    int mark = name.lastIndexOf(MARK);
    if (mark < 0) {
      return -1;
    }
    String number = name.substring(mark + MARK.length());
    return number.matches("[0-9]{1,4}") ? Integer.parseInt(number) : -1;
  }

  static String nameOf(String name) {
    return slotOf(name) < 0 ? name : name.substring(0, name.lastIndexOf(MARK));
  }

  /** Where it is called when {@code slot} has it. */
  Path own(String name) {
    return spool.processing.resolve(nameOf(name) + MARK + slot);
  }
}
