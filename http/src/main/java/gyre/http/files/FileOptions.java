package gyre.http.files;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a {@link FileServer} behaves. Immutable; each method gives a changed copy. */
public final class FileOptions {
  private static final FileOptions DEFAULTS = new FileOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    boolean listing;
    boolean followLinks;
    boolean hidden;
    boolean precompressed = true;
    String index = "index.html";
    int ranges = 16;
    long cacheBytes = 16L << 20;
    int cachedFileBytes = 64 * 1024;
    @Nullable String cacheControl;
    @Nullable String pathParameter;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private FileOptions(Values values) {
    this.values = values;
  }

  /** No listings, no symbolic links, no hidden names. */
  public static FileOptions defaults() {
    return DEFAULTS;
  }

  private FileOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new FileOptions(changed);
  }

  /** Whether a directory without an index is listed; off by default. */
  public FileOptions listing(boolean on) {
    return with(v -> v.listing = on);
  }

  /**
   * Whether symbolic links are followed, as long as they stay below the directory; off by default.
   */
  public FileOptions followLinks(boolean on) {
    return with(v -> v.followLinks = on);
  }

  /** Whether names that begin with a dot are served; off by default. */
  public FileOptions hidden(boolean on) {
    return with(v -> v.hidden = on);
  }

  /**
   * Whether {@code x.br}, {@code x.zst} or {@code x.gz} beside {@code x} is sent to a client that
   * takes it; on by default.
   */
  public FileOptions precompressed(boolean on) {
    return with(v -> v.precompressed = on);
  }

  /** What is sent for a directory; {@code index.html} by default. */
  public FileOptions index(String name) {
    if (name.isEmpty() || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("index \"" + name + "\" is not a single name");
    }
    return with(v -> v.index = name);
  }

  /** The most ranges of one request; more are answered with the whole file. 16 by default. */
  public FileOptions ranges(int most) {
    return with(v -> v.ranges = (int) between("ranges", most, 0, 1000));
  }

  /** Memory for small files, on each loop; 16 MiB by default, 0 for none. */
  public FileOptions cacheBytes(long bytes) {
    return with(v -> v.cacheBytes = between("cacheBytes", bytes, 0, Long.MAX_VALUE));
  }

  /** Files up to this size are kept in memory; 64 KiB by default. */
  public FileOptions cachedFileBytes(int bytes) {
    return with(v -> v.cachedFileBytes = (int) between("cachedFileBytes", bytes, 0, 1 << 20));
  }

  /** The {@code Cache-Control} of files; none by default. */
  public FileOptions cacheControl(String value) {
    Objects.requireNonNull(value, "cacheControl");
    return with(v -> v.cacheControl = value);
  }

  /**
   * The parameter of the route that is the path below the directory, for routes such as {@code
   * /static/{path*}}. By default it is the path of the request.
   */
  public FileOptions pathParameter(String name) {
    Objects.requireNonNull(name, "pathParameter");
    return with(v -> v.pathParameter = name);
  }

  private static long between(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be between " + least + " and " + most);
    }
    return value;
  }

  // ---- what is set

  public boolean listing() {
    return values.listing;
  }

  public boolean followLinks() {
    return values.followLinks;
  }

  public boolean hidden() {
    return values.hidden;
  }

  public boolean precompressed() {
    return values.precompressed;
  }

  public String index() {
    return values.index;
  }

  public int ranges() {
    return values.ranges;
  }

  public long cacheBytes() {
    return values.cacheBytes;
  }

  public int cachedFileBytes() {
    return values.cachedFileBytes;
  }

  public @Nullable String cacheControl() {
    return values.cacheControl;
  }

  public @Nullable String pathParameter() {
    return values.pathParameter;
  }
}
