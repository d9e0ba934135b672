package gyre.insight.web;

import gyre.http.Request;
import gyre.http.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A file of a page, from the jar, in memory. A browser asks each time whether it has changed. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Asset(String contentType, String tag, byte[] content) {
  static Asset of(String name, byte[] content) {
    return new Asset(contentType(name), '"' + hash(content) + '"', content);
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

  void answer(Request request, Response response) {
    response.header("ETag", tag).header("Cache-Control", "no-cache");
    if (tag.equals(request.header("If-None-Match"))) {
      response.status(304).send();
    } else {
      response.contentType(contentType).send(content);
    }
  }
}
