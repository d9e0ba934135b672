package gyre.engine;

/** What reads and writes of files have in common. The result is the number of bytes. */
public abstract class FileTransfer extends FileOperation {
  /** Set before submit: lent until the end of the operation. */
  public long address;

  /** Set before submit. */
  public int length;

  /** Set before submit: or {@link FileCalls#AT_POSITION}, as for pipes and terminals. */
  public long offset = FileCalls.AT_POSITION;

  FileTransfer() {}
}
