package gyre.file;

/** A name in a directory. */
public final class DirectoryEntry {
  private final byte[] rawName;
  private final FileType type;
  private final long inode;

  DirectoryEntry(byte[] rawName, FileType type, long inode) {
    this.rawName = rawName;
    this.type = type;
    this.inode = inode;
  }

  /**
   * The name alone, without the directory. Bytes that are no text become replacement characters.
   */
  public String name() {
    return Paths.text(rawName);
  }

  /** The name as the file system has it. */
  public byte[] rawName() {
    return rawName.clone();
  }

  /** {@link FileType#UNKNOWN} where the file system tells only whoever asks for the file itself. */
  public FileType type() {
    return type;
  }

  public long inode() {
    return inode;
  }

  @Override
  public String toString() {
    return name() + " (" + type + ")";
  }
}
