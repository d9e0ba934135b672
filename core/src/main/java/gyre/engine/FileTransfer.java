package gyre.engine;

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

  FileTransfer() {}
}
