package gyre.http.files;

import gyre.file.Directory;
import gyre.file.DirectoryEntry;
import gyre.file.DirectoryListing;
import gyre.file.FileType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The page that lists a directory. Names come from anywhere: each is escaped for where it stands.
 */
final class ListingPage {
  /** A page of more helps nobody. */
  static final int MOST_NAMES = 10_000;

  private static final String UNESCAPED =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

  private record Line(String text, String link, boolean isDirectory) {}

  private ListingPage() {}

  static String of(Directory directory, String path, FileOptions options) {
    List<Line> lines = new ArrayList<>();
    boolean isCut = false;
    try (DirectoryListing listing = directory.list()) {
      for (DirectoryEntry entry = listing.next(); entry != null; entry = listing.next()) {
        if (lines.size() == MOST_NAMES) {
          isCut = true;
          break;
        }
        if (isShown(entry, options)) {
          boolean isDirectory = entry.type() == FileType.DIRECTORY;
          String end = isDirectory ? "/" : "";
          lines.add(new Line(entry.name() + end, escaped(entry.rawName()) + end, isDirectory));
        }
      }
    }
    lines.sort(Comparator.comparing((Line line) -> !line.isDirectory).thenComparing(Line::text));
    return page(path, lines, isCut);
  }

  private static boolean isShown(DirectoryEntry entry, FileOptions options) {
    boolean isServed =
        switch (entry.type()) {
          case REGULAR, DIRECTORY -> true;
          default -> options.followLinks();
        };
    return isServed && (options.hidden() || entry.rawName()[0] != '.');
  }

  private static String page(String path, List<Line> lines, boolean isCut) {
    String title = text("/" + path);
    StringBuilder page =
        new StringBuilder("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>")
            .append(title)
            .append("</title></head>\n<body><h1>")
            .append(title)
            .append("</h1>\n<ul>\n");
    if (!path.isEmpty()) {
      page.append("<li><a href=\"../\">../</a></li>\n");
    }
    for (Line line : lines) {
      page.append("<li><a href=\"./")
          .append(line.link)
          .append("\">")
          .append(text(line.text))
          .append("</a></li>\n");
    }
    page.append("</ul>\n");
    if (isCut) {
      page.append("<p>There are more than ").append(MOST_NAMES).append(" names.</p>\n");
    }
    return page.append("</body></html>\n").toString();
  }

  static String text(String raw) {
    return raw.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  private static String escaped(byte[] name) {
    StringBuilder escaped = new StringBuilder(name.length + 8);
    for (byte each : name) {
      char at = (char) (each & 0xFF);
      if (UNESCAPED.indexOf(at) >= 0) {
        escaped.append(at);
      } else {
        escaped.append(String.format("%%%02X", (int) at));
      }
    }
    return escaped.toString();
  }

  static byte[] bytes(String page) {
    return page.getBytes(StandardCharsets.UTF_8);
  }
}
