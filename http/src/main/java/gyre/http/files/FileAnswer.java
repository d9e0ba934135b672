package gyre.http.files;

import gyre.Loop;
import gyre.file.File;
import gyre.http.HttpDate;
import gyre.http.Request;
import gyre.http.Response;
import gyre.http.ResponseBody;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The answer of one file to one request: its fields, conditions and ranges. */
final class FileAnswer {
  private final Request request;
  private final Response response;
  private final FileOptions options;
  private final Stored stored;
  private @Nullable Coding coding;
  private String type;

  private FileAnswer(Request request, Response response, FileOptions options, Stored stored) {
    this.request = request;
    this.response = response;
    this.options = options;
    this.stored = stored;
    this.type = MimeTypes.of(stored.name);
  }

  static FileAnswer of(Request request, Response response, FileOptions options, Stored stored) {
    return new FileAnswer(request, response, options, stored);
  }

  /** It is a compressed form of another file. */
  FileAnswer coding(Coding of, String plainName) {
    coding = of;
    type = MimeTypes.of(plainName);
    return this;
  }

  /** From memory. */
  void send() {
    send(null);
  }

  /**
   * Sends it.
   *
   * @param file where it is not in memory; in a fiber, which parks while the peer is slow
   */
  void send(@Nullable File file) {
    Instant now = Loop.current().clock().instant();
    int status = Conditions.check(request, stored.tag, stored.modified, now);
    putFields();
    if (status != 0) {
      response.status(status).send();
      return;
    }
    response.header("Accept-Ranges", "bytes");
    List<ByteRanges.Part> parts = parts(now);
    if (parts == null) {
      response.contentType(type);
      sendPart(file, new ByteRanges.Part(0, stored.sizeBytes));
    } else if (parts.isEmpty()) {
      response
          .status(416)
          .header("Content-Range", "bytes */" + stored.sizeBytes)
          .send("416 Range Not Satisfiable\n");
    } else if (parts.size() == 1) {
      ByteRanges.Part part = parts.getFirst();
      response
          .status(206)
          .contentType(type)
          .header("Content-Range", part.contentRange(stored.sizeBytes));
      sendPart(file, part);
    } else {
      sendParts(file, parts);
    }
  }

  private void putFields() {
    response.header("ETag", stored.tag);
    response.header("Last-Modified", HttpDate.format(stored.modified));
    response.header("X-Content-Type-Options", "nosniff");
    String cacheControl = options.cacheControl();
    if (cacheControl != null) {
      response.header("Cache-Control", cacheControl);
    }
    Coding known = coding;
    if (known != null) {
      response.header("Content-Encoding", known.token);
    }
    List<Coding> beside = stored.codings;
    if (known != null || (beside != null && !beside.isEmpty())) {
      response.header("Vary", "Accept-Encoding");
    }
  }

  private @Nullable List<ByteRanges.Part> parts(Instant now) {
    String range = request.isMethod("GET") ? request.header("Range") : null;
    if (range == null || !Conditions.isRangeWanted(request, stored.tag, stored.modified, now)) {
      return null;
    }
    return ByteRanges.parse(range, stored.sizeBytes, options.ranges());
  }

  private void sendPart(@Nullable File file, ByteRanges.Part part) {
    byte[] content = stored.content;
    if (content != null) {
      response.send(part.length() == content.length ? content : slice(content, part));
      return;
    }
    try (ResponseBody out = response.stream(part.length())) {
      copy(file, part, out);
    }
  }

  private static byte[] slice(byte[] content, ByteRanges.Part part) {
    int from = (int) part.offset();
    return Arrays.copyOfRange(content, from, from + (int) part.length());
  }

  private void copy(@Nullable File file, ByteRanges.Part part, ResponseBody out) {
    if (request.isMethod("HEAD") || part.length() == 0) {
      return;
    }
    byte[] content = stored.content;
    if (content != null) {
      out.write(content, (int) part.offset(), (int) part.length());
    } else if (file != null) {
      file.transferTo(out, part.offset(), part.length());
    } else {
      throw new IllegalStateException(stored.name + " is neither in memory nor open");
    }
  }

  /** RFC 9110, 14.6: {@code multipart/byteranges}. */
  private void sendParts(@Nullable File file, List<ByteRanges.Part> parts) {
    String boundary = "gyre" + Long.toHexString(Loop.current().random().nextLong());
    List<byte[]> heads = new ArrayList<>();
    long length = 0;
    for (ByteRanges.Part part : parts) {
      String head =
          (heads.isEmpty() ? "--" : "\r\n--")
              + boundary
              + "\r\nContent-Type: "
              + type
              + "\r\nContent-Range: "
              + part.contentRange(stored.sizeBytes)
              + "\r\n\r\n";
      heads.add(head.getBytes(StandardCharsets.US_ASCII));
      length += heads.getLast().length + part.length();
    }
    byte[] end = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII);
    response.status(206).contentType("multipart/byteranges; boundary=" + boundary);
    if (stored.content != null) {
      response.send(together(heads, parts, end, Math.toIntExact(length + end.length)));
      return;
    }
    try (ResponseBody out = response.stream(length + end.length)) {
      for (int i = 0; i < parts.size(); i++) {
        out.write(heads.get(i));
        copy(file, parts.get(i), out);
      }
      out.write(end);
    }
  }

  private byte[] together(List<byte[]> heads, List<ByteRanges.Part> parts, byte[] end, int length) {
    byte[] content = Objects.requireNonNull(stored.content);
    ByteBuffer all = ByteBuffer.allocate(length);
    for (int i = 0; i < parts.size(); i++) {
      all.put(heads.get(i));
      all.put(content, (int) parts.get(i).offset(), (int) parts.get(i).length());
    }
    return all.put(end).array();
  }
}
