package gyre.file;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Iterates over what is asked for one by one, until that is null. */
final class Lines implements Iterator<String> {
  private final Supplier<@Nullable String> lines;
  private @Nullable String next;
  private boolean isAtEnd;

  Lines(Supplier<@Nullable String> lines) {
    this.lines = lines;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !isAtEnd) {
      next = lines.get();
      isAtEnd = next == null;
    }
    return next != null;
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException("there are no more lines");
    }
    String line = next;
    next = null;
    return line == null ? "" : line; // it is none after hasNext
  }
}
