package gyre.engine;

/** Makes, moves or removes a name. The result is 0. */
public abstract class ChangeName extends FileOperation {
  public static final OperationKind KIND = OperationKind.named("name");

  /** What happens to it. */
  public enum Action {
    /** See {@link NameCalls#rename}. */
    RENAME,
    /** See {@link NameCalls#link}. */
    LINK,
    /** {@link #path} is what the link leads to, and {@link #to} its own name. */
    SYMLINK,
    /** See {@link NameCalls#unlink}. */
    UNLINK,
    /** A directory, with {@link #mode}. */
    MAKE_DIRECTORY
  }

  // Set before submit.

  public Action action = Action.UNLINK;
  public int directory = FileCalls.WORKING_DIRECTORY;
  public byte[] path = {};
  public int toDirectory = FileCalls.WORKING_DIRECTORY;
  public byte[] to = {};

  /** Of {@link NameCalls}. */
  public int flags;

  public int mode = 0777;

  @Override
  public final OperationKind kind() {
    return KIND;
  }

  @Override
  public final int perform(FileCalls calls) {
    return switch (action) {
      case RENAME -> calls.rename(directory, path, toDirectory, to, flags);
      case LINK -> calls.link(directory, path, toDirectory, to);
      case SYMLINK -> calls.symlink(path, toDirectory, to);
      case UNLINK -> calls.unlink(directory, path, flags);
      case MAKE_DIRECTORY -> calls.makeDirectory(directory, path, mode);
    };
  }
}
