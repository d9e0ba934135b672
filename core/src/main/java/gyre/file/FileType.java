package gyre.file;

import gyre.engine.FileStatus;

/** What kind of thing a name stands for. */
public enum FileType {
  REGULAR,
  DIRECTORY,
  SYMBOLIC_LINK,
  FIFO,
  SOCKET,
  CHARACTER_DEVICE,
  BLOCK_DEVICE,
  /** The file system did not tell, or it is something else. */
  UNKNOWN;

  static FileType of(int type) {
    return switch (type) {
      case FileStatus.REGULAR -> REGULAR;
      case FileStatus.DIRECTORY -> DIRECTORY;
      case FileStatus.SYMBOLIC_LINK -> SYMBOLIC_LINK;
      case FileStatus.FIFO -> FIFO;
      case FileStatus.SOCKET -> SOCKET;
      case FileStatus.CHARACTER_DEVICE -> CHARACTER_DEVICE;
      case FileStatus.BLOCK_DEVICE -> BLOCK_DEVICE;
      default -> UNKNOWN;
    };
  }
}
