package gyre.tls;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A PEM file is not what it should be.
 *
 * <pre>
 * key.pem, line 3: is encrypted: decrypt it with openssl pkey -in key.pem -out plain.pem
 * </pre>
 */
public final class PemException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int line;

  PemException(String file, int line, String reason) {
    this(file, line, reason, null);
  }

  PemException(String file, int line, String reason, @Nullable Throwable cause) {
    super(file + (line > 0 ? ", line " + line : "") + ": " + reason, cause);
    this.line = line;
  }

  /** The first line is 1; 0 if it is the file as a whole. */
  public int line() {
    return line;
  }
}
