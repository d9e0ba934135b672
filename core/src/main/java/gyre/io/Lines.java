package gyre.io;

import java.nio.charset.Charset;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a source from where it stands to its end. Nothing is read before it is asked for,
 * and no line is lost where reading it throws.
 */
final class Lines implements Iterator<String> {
  private final ByteSource source;
  private final int limitBytes;
  private final Charset charset;
  private @Nullable String next;
  private boolean isAtEnd;

  Lines(ByteSource source, int limitBytes, Charset charset) {
    this.source = source;
    this.limitBytes = limitBytes;
    this.charset = charset;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !isAtEnd) {
      next = Reading.lineOrRest(source, limitBytes, charset);
      isAtEnd = next == null;
    }
    return next != null;
  }

  @Override
  public String next() {
    String line = hasNext() ? next : null;
    if (line == null) {
      throw new NoSuchElementException("there are no more lines");
    }
    next = null;
    return line;
  }
}
