package gyre.engine;

import org.jspecify.annotations.Nullable;

/** What reads and writes of files have in common. The result is the number of bytes. */
public abstract class FileTransfer extends FileOperation {
  /** Set before submit: lent until the end of the operation. */
  public long address;

  /** Set before submit. */
  public int length;

  /**
   * Set before submit: {@link #address} is that of a {@code struct iovec[]}, and {@link #length}
   * how many it has. Both the array and what it points to are lent until the end.
   */
  public boolean isVector;

  /** Set before submit: or {@link FileCalls#AT_POSITION}, as for pipes and terminals. */
  public long offset = FileCalls.AT_POSITION;

  /**
   * Set before submit: what owns the memory, where nobody else is sure to keep it. The memory may
   * be in use for longer than the loop lives, where a device does not answer.
   */
  public @Nullable Object memory;

  FileTransfer() {}
}
