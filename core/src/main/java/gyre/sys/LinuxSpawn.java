package gyre.sys;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The C library's {@code posix_spawn}, which starts a program without copying this process: the
 * caller's thread stands still until the child has begun. None of these functions is variadic.
 *
 * <p>They are linked when the first child is started, so a program without children does not pay
 * for them. Two of them came late (glibc 2.29 and 2.34; musl has only the older one): without
 * {@code addclosefrom_np} each descriptor is closed by itself, without {@code addchdir_np} a
 * directory is refused with {@code ENOSYS}.
 *
 * <p>By one thread, for one child. What cannot be prepared is told by {@link #spawn}.
 */
public final class LinuxSpawn implements AutoCloseable {
  public static final int SET_GROUP = 0x02;
  private static final int SET_DEFAULT_SIGNALS = 0x04;
  private static final int SET_SIGNAL_MASK = 0x08;
  public static final int SET_SESSION = 0x80;

  /** More than any C library takes for its structures: 336, 80 and 128 bytes in glibc. */
  private static final int STRUCTURE_BYTES = 512;

  private static final int ENOSYS = 38;
  private static final String OPEN_DESCRIPTORS = "/proc/self/fd";

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;

  /** The functions; null where this C library lacks one that can be done without. */
  private static final class Functions {
    static final MethodHandle SPAWN = link("posix_spawnp", WORD, WORD, WORD, WORD, WORD, WORD);
    static final MethodHandle ATTRIBUTES = link("posix_spawnattr_init", WORD);
    static final MethodHandle ATTRIBUTES_END = link("posix_spawnattr_destroy", WORD);
    static final MethodHandle FLAGS =
        link("posix_spawnattr_setflags", WORD, ValueLayout.JAVA_SHORT);
    static final MethodHandle GROUP = link("posix_spawnattr_setpgroup", WORD, INT);
    static final MethodHandle MASK = link("posix_spawnattr_setsigmask", WORD, WORD);
    static final MethodHandle DEFAULTS = link("posix_spawnattr_setsigdefault", WORD, WORD);
    static final MethodHandle ACTIONS = link("posix_spawn_file_actions_init", WORD);
    static final MethodHandle ACTIONS_END = link("posix_spawn_file_actions_destroy", WORD);
    static final MethodHandle DUPLICATE = link("posix_spawn_file_actions_adddup2", WORD, INT, INT);
    static final MethodHandle OPEN =
        link("posix_spawn_file_actions_addopen", WORD, INT, WORD, INT, INT);
    static final MethodHandle CLOSE = link("posix_spawn_file_actions_addclose", WORD, INT);
    static final @Nullable MethodHandle CLOSE_FROM =
        linkIfThere("posix_spawn_file_actions_addclosefrom_np", WORD, INT);
    static final @Nullable MethodHandle CHANGE_DIRECTORY =
        linkIfThere("posix_spawn_file_actions_addchdir_np", WORD, WORD);
    static final MethodHandle EMPTY = link("sigemptyset", WORD);
    static final MethodHandle FULL = link("sigfillset", WORD);

    private Functions() {}

    private static MethodHandle link(String name, MemoryLayout... parameters) {
      MethodHandle function = linkIfThere(name, parameters);
      if (function == null) {
        throw new UnsatisfiedLinkError("the C library has no " + name);
      }
      return function;
    }
  }

  @SuppressWarnings("restricted")
  static @Nullable MethodHandle linkIfThere(String name, MemoryLayout... parameters) {
    Linker linker = Linker.nativeLinker();
    MemorySegment function = linker.defaultLookup().find(name).orElse(null);
    return function == null
        ? null
        : linker.downcallHandle(function, FunctionDescriptor.of(INT, parameters));
  }

  private final Arena arena;
  private final MemorySegment attributes;
  private final MemorySegment actions;

  /** The first error of what was prepared. */
  private int failed;

  public LinuxSpawn(int flags) {
    this.arena = Arena.ofConfined();
    try {
      this.attributes = arena.allocate(STRUCTURE_BYTES, 16);
      this.actions = arena.allocate(STRUCTURE_BYTES, 16);
      prepare(flags);
    } catch (Throwable e) { // nobody has it, who could close it
      arena.close();
      throw e;
    }
  }

  private void prepare(int flags) {
    note(call(Functions.ATTRIBUTES, attributes.address()));
    note(call(Functions.ACTIONS, actions.address()));
    // No signal is blocked in the child, nor ignored, whatever this JVM does with them.
    MemorySegment signals = arena.allocate(STRUCTURE_BYTES, 16);
    note(call(Functions.EMPTY, signals.address()));
    note(call(Functions.MASK, attributes.address(), signals.address()));
    note(call(Functions.FULL, signals.address()));
    note(call(Functions.DEFAULTS, attributes.address(), signals.address()));
    short all = (short) (flags | SET_DEFAULT_SIGNALS | SET_SIGNAL_MASK);
    try {
      note((int) Functions.FLAGS.invokeExact(attributes.address(), all));
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
    note(call(Functions.GROUP, attributes.address(), 0));
  }

  public void duplicate(int from, int to) {
    try {
      note((int) Functions.DUPLICATE.invokeExact(actions.address(), from, to));
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  public void open(int as, byte[] path, int flags, int mode) {
    try {
      note((int) Functions.OPEN.invokeExact(actions.address(), as, text(path), flags, mode));
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  /** The child has none of this process's descriptors from this one on. */
  public void closeFrom(int descriptor) {
    MethodHandle function = Functions.CLOSE_FROM;
    if (function == null) {
      closeEach(descriptor);
    } else {
      note(call(function, actions.address(), descriptor));
    }
  }

  /**
   * The same, one by one: those that are open now. One that another thread opens from here on has
   * to be close-on-exec, as those of the JDK and of Gyre are.
   */
  void closeEach(int least) {
    String[] names = new File(OPEN_DESCRIPTORS).list();
    if (names == null) {
      note(ENOSYS); // no /proc: rather no child than one with descriptors that are not its own
      return;
    }
    Arrays.stream(names)
        .mapToInt(Integer::parseInt)
        .filter(open -> open >= least)
        .forEach(open -> note(call(Functions.CLOSE, actions.address(), open)));
  }

  public void changeDirectory(byte[] path) {
    MethodHandle function = Functions.CHANGE_DIRECTORY;
    note(function == null ? ENOSYS : call(function, actions.address(), text(path)));
  }

  /** Whether this C library can start a program in another directory. */
  public static boolean changesDirectories() {
    return Functions.CHANGE_DIRECTORY != null;
  }

  /** The number of the process, or a negative errno. */
  public int spawn(byte[][] arguments, byte[][] environment) {
    if (failed != 0) {
      return -failed;
    }
    MemorySegment process = arena.allocate(INT);
    try {
      long list = list(arguments);
      int error =
          (int)
              Functions.SPAWN.invokeExact(
                  process.address(),
                  Memory.getLong(list),
                  actions.address(),
                  attributes.address(),
                  list,
                  list(environment));
      return error != 0 ? -error : process.get(INT, 0);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private long list(byte[][] texts) {
    long listBytes = 8L * (texts.length + 1);
    long bytes = listBytes;
    for (byte[] text : texts) {
      bytes += text.length + 1L;
    }
    MemorySegment list = arena.allocate(bytes, 8); // all in one: an environment has many
    long at = listBytes;
    for (int i = 0; i < texts.length; i++) {
      list.setAtIndex(WORD, i, list.address() + at);
      MemorySegment.copy(texts[i], 0, list, ValueLayout.JAVA_BYTE, at, texts[i].length);
      at += texts[i].length + 1L;
    }
    return list.address();
  }

  private long text(byte[] bytes) {
    MemorySegment text = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return text.address();
  }

  private void note(int error) {
    if (failed == 0) {
      failed = error;
    }
  }

  private static int call(MethodHandle function, long a) {
    try {
      return (int) function.invokeExact(a);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int call(MethodHandle function, long a, long b) {
    try {
      return (int) function.invokeExact(a, b);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int call(MethodHandle function, long a, int b) {
    try {
      return (int) function.invokeExact(a, b);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static Error unexpected(Throwable thrown) {
    return thrown instanceof Error error
        ? error
        : new AssertionError("a foreign call threw", thrown);
  }

  @Override
  public void close() {
    int ignored = call(Functions.ACTIONS_END, actions.address());
    ignored = call(Functions.ATTRIBUTES_END, attributes.address());
    arena.close();
  }
}
