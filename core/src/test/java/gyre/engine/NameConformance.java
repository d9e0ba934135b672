package gyre.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Operations on the names of files, and on files as a whole. */
public abstract class NameConformance extends FileConformance {
  private static final byte[] ITSELF = {};

  private final class Changing extends ChangeName {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  private final class Truncating extends TruncateFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  private final class Allocating extends AllocateFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  private final class Calling extends CallFile {
    int result = NOT_YET;

    @Override
    public void ended(int outcome) {
      checkCallback(this, true);
      result = outcome;
    }
  }

  private int change(ChangeName.Action action, String name, String to, int flags) {
    Changing changing = new Changing();
    changing.action = action;
    changing.path = action == ChangeName.Action.SYMLINK ? bytes(name) : path(name);
    changing.to = path(to);
    changing.flags = flags;
    changing.mode = 0750;
    engine.submit(changing);
    turnUntil("changed", () -> changing.result != NOT_YET);
    return changing.result;
  }

  private int call(CallFile.Call what) {
    Calling calling = new Calling();
    calling.call = what;
    engine.submit(calling);
    turnUntil("called", () -> calling.result != NOT_YET);
    return calling.result;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void make(String name) {
    assertThat(closeFile(openNew(name))).isZero();
  }

  private int typeOf(String name) {
    Asking asking = ask(FileCalls.WORKING_DIRECTORY, path(name));
    return asking.result < 0 ? asking.result : asking.status.type();
  }

  private static int noSuchFile() {
    return Errno.ENOENT.negated();
  }

  @Test
  void shouldRenameAndReplaceAtOnce() {
    make("a");
    assertThat(change(ChangeName.Action.RENAME, "a", "b", 0)).isZero();
    assertThat(typeOf("a")).isEqualTo(noSuchFile());
    make("c");
    assertThat(change(ChangeName.Action.RENAME, "b", "c", 0)).isZero();
    assertThat(typeOf("c")).isEqualTo(FileStatus.REGULAR);
    assertThat(change(ChangeName.Action.RENAME, "none", "c", 0)).isEqualTo(noSuchFile());
  }

  @Test
  void shouldRenameWithoutReplacingAndExchangeWhereThatIsOffered() {
    make("a");
    assertThat(change(ChangeName.Action.MAKE_DIRECTORY, "d", "", 0)).isZero();
    int refused = change(ChangeName.Action.RENAME, "a", "d", NameCalls.NO_REPLACE);
    int exchanged = change(ChangeName.Action.RENAME, "a", "d", NameCalls.EXCHANGE);
    if (refused == Errno.EOPNOTSUPP.negated()) {
      assertThat(exchanged).isEqualTo(refused);
      assertThat(typeOf("a")).as("nothing was done").isEqualTo(FileStatus.REGULAR);
    } else {
      assertThat(refused).isEqualTo(Errno.EEXIST.negated());
      assertThat(exchanged).isZero();
      assertThat(typeOf("a")).isEqualTo(FileStatus.DIRECTORY);
      assertThat(typeOf("d")).isEqualTo(FileStatus.REGULAR);
    }
  }

  @Test
  void shouldMakeLinksAndDirectoriesAndRemoveThem() {
    make("a");
    assertThat(change(ChangeName.Action.LINK, "a", "b", 0)).isZero();
    assertThat(change(ChangeName.Action.LINK, "a", "b", 0)).isEqualTo(Errno.EEXIST.negated());
    assertThat(change(ChangeName.Action.SYMLINK, "a", "s", 0)).isZero();
    byte[] target = new byte[100];
    assertThat(call(c -> c.readLink(FileCalls.WORKING_DIRECTORY, path("s"), target))).isEqualTo(1);
    assertThat(target[0]).isEqualTo((byte) 'a');
    assertThat(typeOf("s")).isEqualTo(FileStatus.REGULAR);
    assertThat(change(ChangeName.Action.UNLINK, "s", "", 0)).isZero();
    assertThat(change(ChangeName.Action.UNLINK, "a", "", 0)).isZero();
    assertThat(typeOf("b")).isEqualTo(FileStatus.REGULAR);
    assertThat(change(ChangeName.Action.UNLINK, "a", "", 0)).isEqualTo(noSuchFile());
    assertThat(change(ChangeName.Action.MAKE_DIRECTORY, "d", "", 0)).isZero();
    make("d/below");
    assertThat(change(ChangeName.Action.UNLINK, "d", "", 0)).isEqualTo(Errno.EISDIR.negated());
    int notEmpty = change(ChangeName.Action.UNLINK, "d", "", NameCalls.REMOVE_DIRECTORY);
    assertThat(notEmpty).isEqualTo(Errno.ENOTEMPTY.negated());
    assertThat(change(ChangeName.Action.UNLINK, "d/below", "", 0)).isZero();
    assertThat(change(ChangeName.Action.UNLINK, "d", "", NameCalls.REMOVE_DIRECTORY)).isZero();
    assertThat(typeOf("d")).isEqualTo(noSuchFile());
  }

  @Test
  void shouldChangeTheSizeOfAFile() {
    int file = openNew("file");
    for (long size : new long[] {10_000, 3, 0}) {
      Truncating truncating = new Truncating();
      truncating.descriptor = file;
      truncating.sizeBytes = size;
      engine.submit(truncating);
      turnUntil("truncated", () -> truncating.result != NOT_YET);
      assertThat(truncating.result).isZero();
      assertThat(ask(file, ITSELF).status.sizeBytes).isEqualTo(size);
    }
    Allocating allocating = new Allocating();
    allocating.descriptor = file;
    allocating.bytes = 5000;
    engine.submit(allocating);
    turnUntil("allocated", () -> allocating.result != NOT_YET);
    assertThat(allocating.result).isIn(0, Errno.EOPNOTSUPP.negated());
    assertThat(ask(file, ITSELF).status.sizeBytes).isEqualTo(allocating.result == 0 ? 5000 : 0);
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldChangeWhatIsKnownOfAFile() {
    int file = openNew("file");
    long second = 1_000_000_000L;
    assertThat(call(c -> c.changeMode(file, ITSELF, 0604))).isZero();
    assertThat(call(c -> c.changeTimes(file, ITSELF, second, 2 * second))).isZero();
    FileStatus status = ask(file, ITSELF).status;
    assertThat(status.permissions()).isEqualTo(0604);
    assertThat(status.accessedNanos).isEqualTo(second);
    assertThat(status.modifiedNanos).isEqualTo(2 * second);
    int here = FileCalls.WORKING_DIRECTORY;
    byte[] path = path("file");
    assertThat(call(c -> c.changeMode(here, path, 0640))).isZero();
    assertThat(call(c -> c.changeTimes(here, path, FileCalls.KEEP_TIME, 3 * second))).isZero();
    assertThat(call(c -> c.changeOwner(here, path, FileCalls.KEEP, FileCalls.KEEP))).isZero();
    status = ask(file, ITSELF).status;
    assertThat(status.permissions()).isEqualTo(0640);
    assertThat(status.accessedNanos).isEqualTo(second);
    assertThat(status.modifiedNanos).isEqualTo(3 * second);
    assertThat(call(c -> c.changeMode(here, path("none"), 0640))).isEqualTo(noSuchFile());
    assertThat(closeFile(file)).isZero();
  }

  @Test
  void shouldLockRangesAgainstOtherOpenFiles() {
    int one = openNew("file");
    int other = open(path("file"), FileFlags.O_RDWR);
    int exclusive = FileCalls.LOCK_EXCLUSIVE;
    assertThat(call(c -> c.lock(one, exclusive, 10, 10))).isZero();
    assertThat(call(c -> c.lock(other, exclusive, 0, 11))).isEqualTo(Errno.EAGAIN.negated());
    assertThat(call(c -> c.lock(other, FileCalls.LOCK_SHARED, 19, 0)))
        .isEqualTo(Errno.EAGAIN.negated());
    assertThat(call(c -> c.lock(other, exclusive, 0, 10))).isZero();
    assertThat(call(c -> c.lock(other, exclusive, 20, 0))).isZero();
    assertThat(call(c -> c.lock(one, FileCalls.LOCK_NONE, 10, 10))).isZero();
    assertThat(call(c -> c.lock(other, exclusive, 12, 2))).isZero();
    assertThat(closeFile(other)).isZero();
    assertThat(call(c -> c.lock(one, exclusive, 0, 0))).as("gone with the file").isZero();
    assertThat(closeFile(one)).isZero();
  }

  /** A call that a thread has begun has its result; the others have none, and no effect. */
  @Test
  void shouldEndCallsThatAreCancelled() {
    List<Calling> all = new ArrayList<>();
    int[] made = {0};
    for (int i = 0; i < 100; i++) {
      Calling calling = new Calling();
      calling.call = calls -> 7;
      engine.submit(calling);
      all.add(calling);
    }
    all.forEach(engine::cancel);
    turnUntil("all ended", () -> all.stream().allMatch(each -> each.result != NOT_YET));
    for (Calling each : all) {
      assertThat(each.result).isIn(7, Errno.ECANCELED.negated());
      made[0] += each.result == 7 ? 1 : 0;
    }
    assertThat(made[0]).isBetween(0, 100);
    assertThat(engine.active()).isZero();
  }

  @Test
  void shouldEndChangesOfNamesThatAreCancelled() {
    List<Changing> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Changing changing = new Changing();
      changing.action = ChangeName.Action.MAKE_DIRECTORY;
      changing.path = path("d" + i);
      engine.submit(changing);
      all.add(changing);
    }
    all.forEach(engine::cancel);
    turnUntil("all ended", () -> all.stream().allMatch(each -> each.result != NOT_YET));
    for (int i = 0; i < 50; i++) {
      int result = all.get(i).result;
      assertThat(result).isIn(0, Errno.ECANCELED.negated());
      assertThat(typeOf("d" + i)).isEqualTo(result == 0 ? FileStatus.DIRECTORY : noSuchFile());
    }
    assertThat(engine.active()).isZero();
  }
}
