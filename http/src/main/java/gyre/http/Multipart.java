package gyre.http;

import gyre.io.ByteQueue;
import gyre.io.ByteSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a body of type {@code multipart/form-data} (RFC 7578), one after the other, each
 * read as it comes: a file of any size goes through in a few blocks of memory.
 *
 * <pre>{@code
 * Multipart parts = Multipart.of(request, MultipartOptions.defaults());
 * for (Multipart.Part part = parts.next(); part != null; part = parts.next()) {
 *   if (part.fileName() == null) {
 *     fields.put(part.fieldName(), part.readText(1000));
 *   } else {
 *     part.transferTo(sink);
 *   }
 * }
 * }</pre>
 *
 * <p>Where a fiber may park the body is read piece by piece; in push style all of it has to be
 * there. What is malformed is an {@link HttpException} with status 400, and says at which byte.
 */
public final class Multipart {
  private static final int LONGEST_BOUNDARY = 70;
  private static final byte[] HEAD_END = HeadWriter.ascii("\r\n\r\n");

  private final ByteSource body;
  private final MultipartOptions options;

  /** What ends a part: CR LF, two dashes, the boundary. */
  private final byte[] delimiter;

  private long position;
  private int count;
  private @Nullable Part present;
  private boolean isEnded;

  Multipart(ByteSource body, String boundary, MultipartOptions options) {
    this.body = body;
    this.options = options;
    this.delimiter = HeadWriter.ascii("\r\n--" + boundary);
  }

  /**
   * The parts of a request.
   *
   * @throws HttpException with status 415 if it is of another type, with 400 if there is no
   *     boundary
   */
  public static Multipart of(Request request, MultipartOptions options) {
    String type = request.header("Content-Type");
    FieldParameters parameters = type == null ? null : FieldParameters.parse(type);
    if (parameters == null || !parameters.value().equalsIgnoreCase("multipart/form-data")) {
      throw new HttpException(415, "the body is not multipart/form-data");
    }
    String boundary = parameters.get("boundary");
    if (boundary == null || !isBoundary(boundary)) {
      throw new HttpException(400, "the boundary is not 1 to 70 characters of RFC 2046");
    }
    return new Multipart(request.body(), boundary, options);
  }

  private static boolean isBoundary(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST_BOUNDARY
        && text.matches("[0-9a-zA-Z'()+_,./:=? -]*[0-9a-zA-Z'()+_,./:=?-]");
  }

  private HttpException malformed(String what) {
    return new HttpException(400, "multipart: " + what + " at byte " + position);
  }

  private void drain(long bytes) {
    body.input().drain(bytes);
    position += bytes;
  }

  private void expect(byte[] bytes, int from, String what) {
    int length = bytes.length - from;
    if (!body.await(length)) {
      throw malformed("the body ends before " + what);
    }
    for (int i = 0; i < length; i++) {
      if (body.input().byteAt(i) != bytes[from + i]) {
        throw malformed(what + " is missing");
      }
    }
    drain(length);
  }

  /** The next part; what was not read of the one before is dropped. Null at the end. */
  public @Nullable Part next() {
    if (isEnded) {
      return null;
    }
    Part before = present;
    if (before == null) {
      expect(delimiter, 2, "the first boundary");
    } else {
      before.skip();
      expect(delimiter, 0, "a boundary");
    }
    if (!body.await(2)) {
      throw malformed("the body ends behind a boundary");
    }
    short end = body.input().shortAt(0);
    drain(2);
    if (end == 0x2D2D) { // two dashes
      isEnded = true;
      present = null;
      return null;
    }
    if (end != 0x0D0A) {
      throw malformed("a boundary is followed by neither CR LF nor two dashes");
    }
    if (++count > options.parts()) {
      throw new HttpException(413, "multipart: there are more than " + options.parts() + " parts");
    }
    Part next = readHead();
    present = next;
    return next;
  }

  private Part readHead() {
    ByteQueue in = body.input();
    long end = in.indexOf(HEAD_END, 0);
    while (end < 0) {
      if (in.size() > options.headBytes()) {
        throw new HttpException(431, "multipart: the fields of a part are too large");
      }
      if (!body.awaitMore()) {
        throw malformed("the body ends within the fields of a part");
      }
      end = in.indexOf(HEAD_END, 0);
    }
    if (end > options.headBytes()) {
      throw new HttpException(431, "multipart: the fields of a part are too large");
    }
    byte[] head = new byte[(int) end];
    in.copyTo(0, head, 0, head.length);
    Part part = part(new String(head, StandardCharsets.UTF_8));
    drain(end + HEAD_END.length);
    return part;
  }

  private Part part(String head) {
    String name = null;
    String fileName = null;
    String type = null;
    for (String line : head.split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (colon <= 0 || line.indexOf('\r') >= 0 || line.indexOf('\n') >= 0) {
        throw malformed("a field of a part is malformed");
      }
      String value = line.substring(colon + 1).strip();
      if (line.substring(0, colon).equalsIgnoreCase("Content-Disposition")) {
        FieldParameters parameters = FieldParameters.parse(value);
        if (name != null
            || parameters == null
            || !parameters.value().equalsIgnoreCase("form-data")) {
          throw malformed("a part's Content-Disposition is not one form-data");
        }
        name = parameters.get("name");
        fileName = parameters.get("filename");
      } else if (line.substring(0, colon).equalsIgnoreCase("Content-Type")) {
        type = value;
      }
    }
    if (name == null) {
      throw malformed("a part has no name");
    }
    return new Part(this, name, fileName, type);
  }

  /** One part: read until its end like any source of bytes. */
  public static final class Part implements ByteSource {
    private final Multipart owner;
    private final String fieldName;
    private final @Nullable String fileName;
    private final @Nullable String contentType;
    private final ByteQueue input;
    private boolean isEnded;

    private Part(
        Multipart owner,
        String fieldName,
        @Nullable String fileName,
        @Nullable String contentType) {
      this.owner = owner;
      this.fieldName = fieldName;
      this.fileName = fileName;
      this.contentType = contentType;
      this.input = owner.body.input().sibling();
    }

    /** Of the field in the form. */
    public String fieldName() {
      return fieldName;
    }

    /**
     * As the client says, which may be anything: never a path to write to. Null if it is no file.
     */
    public @Nullable String fileName() {
      return fileName;
    }

    /** As the client says; null if it says nothing. */
    public @Nullable String contentType() {
      return contentType;
    }

    @Override
    public String name() {
      return "part " + fieldName + " of " + owner.body.name();
    }

    @Override
    public ByteQueue input() {
      return input;
    }

    @Override
    public int awaitLimitBytes() {
      return owner.body.awaitLimitBytes() / 2;
    }

    @Override
    public boolean await(int bytes) {
      if (bytes > awaitLimitBytes()) {
        throw new IllegalArgumentException(
            "can't wait for " + bytes + " bytes: " + name() + " holds " + awaitLimitBytes());
      }
      while (input.size() < bytes && !isEnded) {
        take();
      }
      return input.size() >= bytes;
    }

    /** Moves what surely belongs to this part, or waits for more. */
    private void take() {
      if (owner.present != this) {
        throw new IllegalStateException(name() + " is over: the next one was asked for");
      }
      ByteQueue in = owner.body.input();
      long end = in.indexOf(owner.delimiter, 0);
      isEnded = end >= 0;
      long sure = isEnded ? end : in.size() - (owner.delimiter.length - 1);
      if (sure > 0) {
        input.append(in, sure);
        owner.position += sure;
      } else if (!isEnded && !owner.body.awaitMore()) {
        throw owner.malformed("the body ends within a part");
      }
    }

    @Override
    public int read(ByteBuffer target) {
      return await(1) ? input.read(target) : -1;
    }

    private void skip() {
      while (!isEnded) {
        input.clear();
        take();
      }
      input.clear();
    }

    /**
     * Reads all of it as UTF-8.
     *
     * @throws HttpException with status 413 if it is longer
     */
    public String readText(int limitBytes) {
      try (ByteQueue all = input.sibling()) {
        while (await(1)) {
          all.append(input);
          if (all.size() > limitBytes) {
            throw new HttpException(413, "field " + fieldName + " is too long");
          }
        }
        return new String(all.take((int) all.size()), StandardCharsets.UTF_8);
      }
    }
  }
}
