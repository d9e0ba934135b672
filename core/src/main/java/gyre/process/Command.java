package gyre.process;

import gyre.Scope;
import gyre.io.PipeOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program to run, and how. Immutable; each method that takes a value gives a changed copy, and
 * throws {@link IllegalArgumentException} for a value that makes no sense.
 *
 * <pre>{@code
 * String head = Command.of("git", "rev-parse", "HEAD").directory(repository).run().output();
 * byte[] packed = Command.of("xz", "-c").transform(bytes).stdout();
 * Command.of("ps", "ax").pipeTo(Command.of("wc", "-l")).run();
 * }</pre>
 *
 * <p>Arguments reach the program as they are: no shell looks at them, unless {@link #shell} is
 * asked for. The child has none of this program's descriptors but the three that are said here,
 * leads a group of its own, and no signal is blocked or ignored in it.
 *
 * <p>On Linux, with io_uring and epoll. Elsewhere the methods that run something throw a {@link
 * ProcessException}.
 */
public final class Command {
  /** Who is asked for to a signal when its parent ends. */
  private enum Group {
    OWN,
    SESSION,
    INHERITED
  }

  private static final int TERMINAL_SIDE = 32767;

  private static final class Values implements Cloneable {
    List<String> arguments = List.of();
    @Nullable Path directory;
    boolean isEnvironmentCleared;
    Map<String, String> environment = new LinkedHashMap<>();
    Stdio stdin = Stdio.NULL;
    Stdio stdout = Stdio.PIPE;
    Stdio stderr = Stdio.PIPE;
    Group group = Group.OWN;
    boolean endsWithParent;
    int terminalRows = 24;
    int terminalColumns = 80;
    int outputLimitBytes = 16 << 20;
    Duration timeout = Duration.ZERO;
    Duration grace = Duration.ofSeconds(5);
    PipeOptions pipes = PipeOptions.defaults();

    Values copy() {
      try {
        Values copy = (Values) clone();
        copy.environment = new LinkedHashMap<>(environment);
        return copy;
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private Command(Values values) {
    this.values = values;
  }

  /**
   * A program with its arguments, as they are: no shell looks at them.
   *
   * @param program a path, or a name that is looked for in the PATH of this program
   */
  public static Command of(String program, String... arguments) {
    List<String> all = new ArrayList<>(arguments.length + 1);
    all.add(program);
    all.addAll(Arrays.asList(arguments));
    return of(all);
  }

  /**
   * A program and its arguments, as {@link #of(String, String...)}.
   *
   * @param programAndArguments the program first
   */
  public static Command of(List<String> programAndArguments) {
    if (programAndArguments.isEmpty() || programAndArguments.getFirst().isEmpty()) {
      throw new IllegalArgumentException("the name of the program is empty");
    }
    Values values = new Values();
    values.arguments = List.copyOf(programAndArguments);
    return new Command(values);
  }

  /**
   * A line for {@code /bin/sh}. Never build it of what others have said: give that as arguments.
   */
  public static Command shell(String line) {
    return of("/bin/sh", "-c", line);
  }

  private Command with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new Command(changed);
  }

  /** More arguments, behind those that are there. */
  public Command arguments(String... more) {
    List<String> all = new ArrayList<>(values.arguments);
    all.addAll(Arrays.asList(more));
    return with(v -> v.arguments = List.copyOf(all));
  }

  /**
   * Where it runs; a relative path of the program starts there. That of this program if not said.
   */
  public Command directory(Path value) {
    return with(v -> v.directory = value);
  }

  /** Sets a variable of its environment, which is that of this program otherwise. */
  public Command environment(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException("no name of a variable: '" + name + "'");
    }
    return with(v -> v.environment.put(name, value));
  }

  /** Begins with an empty environment. */
  public Command clearEnvironment() {
    return with(v -> {
      v.isEnvironmentCleared = true;
      v.environment.clear();
    });
  }

  /** Its input: nothing, unless said otherwise. */
  public Command stdin(Stdio value) {
    refuse(value, Stdio.MERGE, "its input cannot be merged with anything");
    return with(v -> v.stdin = value);
  }

  /** Its output: a pipe, unless said otherwise. */
  public Command stdout(Stdio value) {
    refuse(value, Stdio.MERGE, "merge its errors into its output: stderr(MERGE)");
    return with(v -> v.stdout = value);
  }

  /** Its errors: a pipe, unless said otherwise. */
  public Command stderr(Stdio value) {
    return with(v -> v.stderr = value);
  }

  private static void refuse(Stdio value, Stdio refused, String why) {
    if (value.equals(refused)) {
      throw new IllegalArgumentException(why);
    }
  }

  /**
   * Has all three on a new pseudo-terminal, which is the controlling one of a new session: for
   * programs that behave otherwise without.
   */
  public Command onTerminal() {
    return with(v -> {
      v.stdin = Stdio.TERMINAL;
      v.stdout = Stdio.TERMINAL;
      v.stderr = Stdio.TERMINAL;
      v.group = Group.SESSION;
    });
  }

  /**
   * How large its pseudo-terminal is when it begins, if it has one; 24 rows and 80 columns if not
   * said. {@link ChildProcess#resizeTerminal} changes it.
   */
  public Command terminalSize(int rows, int columns) {
    checkTerminalSize(rows, columns);
    return with(v -> {
      v.terminalRows = rows;
      v.terminalColumns = columns;
    });
  }

  static void checkTerminalSize(int rows, int columns) {
    if (rows < 1 || rows > TERMINAL_SIDE || columns < 1 || columns > TERMINAL_SIDE) {
      throw new IllegalArgumentException(
          "terminalSize is " + rows + " rows and " + columns + " columns: each is 1 to 32767");
    }
  }

  /** It leads a session, and has no controlling terminal but one of {@link #onTerminal}. */
  public Command newSession() {
    return with(v -> v.group = Group.SESSION);
  }

  /**
   * It stays in the group of this program, so that Ctrl-C at the terminal reaches both. Then its
   * own children are not ended with it.
   */
  public Command inheritGroup() {
    return with(v -> v.group = Group.INHERITED);
  }

  /**
   * The kernel kills it when this program ends, in whatever way: by {@code setpriv} of util-linux,
   * which has to be installed, and asks for that before it becomes the program. So one that is
   * missing or can't be executed is no exception then: {@code setpriv} says so in the errors, and
   * returns 127 or 126.
   */
  public Command endWithParent() {
    return with(v -> v.endsWithParent = true);
  }

  /** So much of each output is collected by {@link #run}; more is a failure. 16 MiB if not said. */
  public Command outputLimitBytes(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("outputLimitBytes is " + value + ": must not be negative");
    }
    return with(v -> v.outputLimitBytes = value);
  }

  /** After so long it is ended, and who waits is told; zero, the default, is for ever. */
  public Command timeout(Duration value) {
    notNegative("timeout", value);
    return with(v -> v.timeout = value);
  }

  /** Between the polite request to end and the kill; five seconds if not said. */
  public Command grace(Duration value) {
    notNegative("grace", value);
    return with(v -> v.grace = value);
  }

  private static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": must not be negative");
    }
  }

  /** How the streams of its pipes behave. */
  public Command pipes(PipeOptions value) {
    return with(v -> v.pipes = value);
  }

  // ---- running it

  /**
   * Starts it, in the current scope, whose end ends it and its group. Parks until its program has
   * begun. Where the scope has ended or was cancelled by then, the child is killed, without a
   * request to end before: nobody is left who could wait for it.
   *
   * @throws ProcessException if it cannot be started
   */
  public ChildProcess start() {
    return Starting.start(this, Scope.current());
  }

  /**
   * Runs it to its end, and collects what it writes. Who is cancelled meanwhile has ended it and
   * its group.
   *
   * @throws ProcessException if it cannot be started, or takes longer than its {@link #timeout};
   *     then {@link ProcessException#output} is what it had written
   * @throws OutputLimitException if it writes more than {@link #outputLimitBytes}, with what came
   *     before
   */
  public CommandResult run() {
    return Running.run(List.of(this), new byte[0], false);
  }

  /**
   * As {@link #run}, and gives it {@code input} to read, at the same time as its outputs are read.
   * One that ends its input early is left in peace.
   */
  public CommandResult transform(byte[] input) {
    return Running.run(List.of(stdin(Stdio.PIPE)), input, true);
  }

  /** Has another command read what this one writes. */
  public Pipeline pipeTo(Command next) {
    return new Pipeline(List.of(this, next));
  }

  // ---- what was said

  public String program() {
    return values.arguments.getFirst();
  }

  /** The program and its arguments. */
  public List<String> all() {
    return values.arguments;
  }

  public @Nullable Path directory() {
    return values.directory;
  }

  public Stdio stdin() {
    return values.stdin;
  }

  public Stdio stdout() {
    return values.stdout;
  }

  public Stdio stderr() {
    return values.stderr;
  }

  public int outputLimitBytes() {
    return values.outputLimitBytes;
  }

  public Duration timeout() {
    return values.timeout;
  }

  public Duration grace() {
    return values.grace;
  }

  public PipeOptions pipes() {
    return values.pipes;
  }

  /** The whole environment that it gets. */
  public Map<String, String> environment() {
    Map<String, String> all = new LinkedHashMap<>();
    if (!values.isEnvironmentCleared) {
      all.putAll(System.getenv());
    }
    all.putAll(values.environment);
    return all;
  }

  public int terminalRows() {
    return values.terminalRows;
  }

  public int terminalColumns() {
    return values.terminalColumns;
  }

  /** It is not just that of this program. */
  boolean hasOwnEnvironment() {
    return values.isEnvironmentCleared || !values.environment.isEmpty();
  }

  boolean leadsGroup() {
    return values.group != Group.INHERITED;
  }

  boolean leadsSession() {
    return values.group == Group.SESSION;
  }

  boolean endsWithParent() {
    return values.endsWithParent;
  }

  /** As one would type it, for reports; cut where it is long. */
  @Override
  public String toString() {
    String line = String.join(" ", values.arguments);
    return line.length() <= 200 ? line : line.substring(0, 200) + "...";
  }
}
