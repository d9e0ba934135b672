package gyre.file;

import gyre.engine.FileCalls;
import gyre.engine.SyncFile;
import java.nio.file.Path;

/**
 * An open directory. What is reached through it stays below it, whoever renames or links what
 * meanwhile: so it is the way to serve files whose names come from outside.
 *
 * <pre>{@code
 * try (Directory root = Directory.open(Path.of("/srv/files"));
 *     File file = root.openFile(nameFromOutside, OpenOptions.reading())) { ... }
 * }</pre>
 *
 * <p>{@link #openFile} and {@link #openDirectory} take paths of several names. {@code ..} and
 * symbolic links may occur in them as long as they stay below; one that leaves is refused with
 * {@code EXDEV}. Where a sandbox refuses the system call for it ({@code openat2}), and io_uring is
 * not used, each name is opened by itself, and symbolic links are refused with {@code ELOOP}. On
 * NIO they throw: the JDK can't do it. All other methods take a single name.
 */
public final class Directory extends FileHandle {
  private Directory(int descriptor, String path) {
    super(ownerOf(descriptor), descriptor, path);
  }

  /** Opens a directory in the current scope. */
  public static Directory open(Path path) {
    return open(path, true);
  }

  static Directory open(Path path, boolean follows) {
    String subject = path.toString();
    OpenOptions options = options(follows);
    return new Directory(openDescriptor(Names.Place.of(path), false, options), subject);
  }

  private static OpenOptions options(boolean follows) {
    return OpenOptions.reading().directory().noFollow(!follows);
  }

  @Override
  public String kind() {
    return "directory";
  }

  /** Opens a file below this directory. */
  public File openFile(String below, OpenOptions options) {
    checkPartOpen();
    String subject = path() + "/" + below;
    Names.Place place = new Names.Place(this, Paths.bytes(below), subject);
    return File.open(place, true, options);
  }

  /** Opens a directory below this one. */
  public Directory openDirectory(String below) {
    return openDirectory(below, true);
  }

  /**
   * Opens a directory below this one.
   *
   * @param follows whether parts of the path may be symbolic links; {@code ELOOP} if not
   */
  public Directory openDirectory(String below, boolean follows) {
    checkPartOpen();
    Names.Place place = new Names.Place(this, Paths.bytes(below), path() + "/" + below);
    return new Directory(openDescriptor(place, true, options(follows)), place.subject());
  }

  /** Opens a file that has this very name. */
  File openChildFile(String name, OpenOptions options) {
    return File.open(place(name), false, options);
  }

  /** Opens one that has this very name, and is no link. */
  Directory openChild(byte[] name) {
    checkPartOpen();
    Names.Place place = place(name);
    return new Directory(openDescriptor(place, false, options(false)), place.subject());
  }

  /** The names in this directory. Close the listing when it is no longer needed. */
  public DirectoryListing list() {
    return new DirectoryListing(openChild(new byte[] {'.'}));
  }

  private void checkPartOpen() {
    checkOnLoop();
    checkOpen();
  }

  private Names.Place place(String name) {
    checkPartOpen();
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is not a single name; open the directory that it is in");
    }
    return place(Paths.bytes(name));
  }

  Names.Place place(byte[] name) {
    return new Names.Place(this, name, path() + "/" + Paths.text(name));
  }

  public FileInfo info(String name) {
    return Names.info(place(name), false);
  }

  /** Of a symbolic link itself, and not of what it leads to. */
  public FileInfo linkInfo(String name) {
    return Names.info(place(name), true);
  }

  public void createDirectory(String name) {
    Names.makeDirectory(place(name), 0777);
  }

  /** Renames within this directory; what has the new name already is replaced. */
  public void rename(String from, String to) {
    Names.rename(place(from), place(to), 0);
  }

  public void delete(String name) {
    Names.unlink(place(name), 0);
  }

  public void deleteDirectory(String name) {
    Names.unlink(place(name), FileCalls.REMOVE_DIRECTORY);
  }

  /** Parks until all names that were made, changed or removed here are on the device. */
  public void sync() {
    Pending pending = new Pending();
    SyncFile operation = Requests.sync(pending);
    operation.descriptor = descriptor();
    int ignored = perform(operation, pending, "sync");
  }
}
