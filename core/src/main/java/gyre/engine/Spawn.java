package gyre.engine;

import org.jspecify.annotations.Nullable;

/** A program that is to be started. Text is without zeros at its ends, as the kernel takes it. */
public final class Spawn {
  /** In place of a descriptor: the child gets what this process has there. */
  public static final int INHERIT = -1;

  /** In place of a descriptor: the file of {@link #paths}. */
  public static final int FILE = -2;

  /** In place of a descriptor of errors: the same as the output. */
  public static final int MERGE = -3;

  /** What went wrong, if something did. */
  public enum Part {
    COMMAND,
    DIRECTORY,
    INPUT,
    OUTPUT,
    ERRORS;

    /** Which of the three that every program has. */
    public static Part ofDescriptor(int number) {
      return switch (number) {
        case 0 -> INPUT;
        case 1 -> OUTPUT;
        default -> ERRORS;
      };
    }
  }

  /** The name of the program and its arguments. */
  public byte[][] arguments = {};

  /** Each {@code name=value}. */
  public byte[][] environment = {};

  public byte @Nullable [] directory;

  /** What the child has as 0, 1 and 2. They are the owner's, who closes them afterwards. */
  public final int[] descriptors = {INHERIT, INHERIT, INHERIT};

  public final byte[][] paths = {{}, {}, {}};
  public final int[] flags = new int[3];

  /** Leads a group of its own. */
  public boolean isGroupLeader;

  /** Leads a session of its own, and so a group. */
  public boolean isSessionLeader;

  /** A terminal that becomes the one of the session: its path, to be opened once more. */
  public byte @Nullable [] terminal;

  /** Where it is open. */
  public int terminalDescriptor = INHERIT;

  /** Set by a spawn that fails. */
  public volatile Part failed = Part.COMMAND;
}
