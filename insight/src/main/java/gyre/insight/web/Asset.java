package gyre.insight.web;

import gyre.http.Request;
import gyre.http.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** A file of a page, from the jar, in memory. A browser asks each time whether it has changed. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Asset(String contentType, String tag, byte[] content, byte[] compressed) {
  static Asset of(String name, byte[] content) {
    return new Asset(contentType(name), '"' + hash(content) + '"', content, gzip(content));
  }

  /** Of the kit itself. */
  static Asset ofKit(String name) {
    try (InputStream in = Asset.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + name + ": build it again");
      }
      return of(name, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("read " + name + " of the jar", e);
    }
  }

  private static String contentType(String name) {
    String suffix = name.substring(name.lastIndexOf('.') + 1);
    return switch (suffix) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "json" -> "application/json";
      case "svg" -> "image/svg+xml";
      case "png" -> "image/png";
      case "txt" -> "text/plain; charset=utf-8";
      default -> throw new IllegalArgumentException("no type is known for " + name);
    };
  }

  private static String hash(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Compressed once, and not for each who asks: that would be work for a stranger to give. */
  void answer(Request request, Response response) {
    response
        .header("ETag", tag)
        .header("Cache-Control", "no-cache")
        .header("Vary", "Accept-Encoding");
    if (isKnown(request.header("If-None-Match"))) {
      response.status(304).send();
    } else if (accepts(request.header("Accept-Encoding"))) {
      response.contentType(contentType).header("Content-Encoding", "gzip").send(compressed);
    } else {
      response.contentType(contentType).send(content);
    }
  }

  /** Whether it is one of those that the browser has; a weak tag is as good for that. */
  private boolean isKnown(@Nullable String tags) {
    return tags != null
        && Arrays.stream(tags.split(",", -1))
            .map(String::strip)
            .map(each -> each.startsWith("W/") ? each.substring(2) : each)
            .anyMatch(each -> each.equals(tag) || each.equals("*"));
  }

  private boolean accepts(@Nullable String codings) {
    return codings != null
        && compressed.length < content.length
        && Arrays.stream(codings.split(",", -1)).map(String::strip).anyMatch(Asset::isGzip);
  }

  private static boolean isGzip(String coding) {
    String[] parts = coding.toLowerCase(Locale.ROOT).split("\\s*;\\s*", -1);
    boolean isRefused = parts.length > 1 && parts[1].matches("q=0(\\.0*)?");
    return !isRefused && (parts[0].equals("gzip") || parts[0].equals("*"));
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException("in memory", e);
    }
    return bytes.toByteArray();
  }
}
