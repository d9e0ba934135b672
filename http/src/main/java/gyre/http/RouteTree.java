package gyre.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A radix tree of patterns: a node for each piece that several share. Text comes before parameters,
 * those with a type before those without, and the rest of a path comes last; where the first choice
 * does not lead to the end the next one is tried.
 */
final class RouteTree {
  private enum Kind {
    TEXT,
    INT,
    LONG,
    SEGMENT,
    REST
  }

  private static final class Node {
    final Kind kind;
    byte[] text;
    final List<Node> children = new ArrayList<>();
    @Nullable Route route;

    Node(Kind kind, byte[] text) {
      this.kind = kind;
      this.text = text;
    }
  }

  private final Node root = new Node(Kind.TEXT, new byte[0]);

  // ---- adding

  /** The route of a pattern, made where there is none. */
  Route add(String pattern) {
    if (!pattern.startsWith("/")) {
      throw new IllegalArgumentException("pattern \"" + pattern + "\": must begin with a slash");
    }
    List<String> names = new ArrayList<>();
    Node at = root;
    int from = 0;
    while (from < pattern.length()) {
      int open = pattern.indexOf('{', from);
      int textEnd = open < 0 ? pattern.length() : open;
      if (textEnd > from) {
        at = addText(at, text(pattern.substring(from, textEnd)));
      }
      from = textEnd;
      if (open >= 0) {
        int close = pattern.indexOf('}', open);
        check(close > open + 1 && pattern.charAt(open - 1) == '/', pattern);
        at = addParameter(at, pattern, pattern.substring(open + 1, close), names);
        from = close + 1;
        boolean isRest = at.kind == Kind.REST;
        check(from == pattern.length() || (!isRest && pattern.charAt(from) == '/'), pattern);
      }
    }
    Route known = at.route;
    if (known == null) {
      known = new Route(pattern, List.copyOf(names), new ArrayList<>());
      at.route = known;
    } else if (!known.parameterNames().equals(names)) {
      throw new IllegalArgumentException(
          "pattern \"" + pattern + "\" is \"" + known.pattern() + "\" with other names");
    }
    return known;
  }

  /** In the form that paths of requests have. */
  private static byte[] text(String written) {
    byte[] bytes = written.getBytes(StandardCharsets.US_ASCII);
    return Arrays.copyOf(bytes, Decoding.normalize(bytes, 0, bytes.length));
  }

  private static void check(boolean isSound, String pattern) {
    if (!isSound) {
      throw new IllegalArgumentException(
          "pattern \""
              + pattern
              + "\": a parameter is a whole segment, {name}, {name:int} or {name:long}, or {name*}"
              + " at the end");
    }
  }

  private static Node addParameter(Node at, String pattern, String written, List<String> names) {
    int colon = written.indexOf(':');
    String type = colon < 0 ? "" : written.substring(colon + 1);
    String name = colon < 0 ? written : written.substring(0, colon);
    Kind kind =
        switch (type) {
          case "int" -> Kind.INT;
          case "long" -> Kind.LONG;
          case "" -> name.endsWith("*") ? Kind.REST : Kind.SEGMENT;
          default ->
              throw new IllegalArgumentException(
                  "pattern \"" + pattern + "\": no type is called " + type);
        };
    names.add(kind == Kind.REST ? name.substring(0, name.length() - 1) : name);
    for (Node child : at.children) {
      if (child.kind == kind) {
        return child;
      }
    }
    Node added = new Node(kind, new byte[0]);
    at.children.add(added);
    at.children.sort((one, other) -> one.kind.compareTo(other.kind));
    return added;
  }

  private static Node addText(Node at, byte[] text) {
    for (Node child : at.children) {
      if (child.kind == Kind.TEXT && child.text[0] == text[0]) {
        int common = Arrays.mismatch(child.text, text);
        if (common < 0) {
          return child;
        }
        if (common < child.text.length) {
          split(child, common);
        }
        return common == text.length
            ? child
            : addText(child, Arrays.copyOfRange(text, common, text.length));
      }
    }
    Node added = new Node(Kind.TEXT, text);
    at.children.addFirst(added);
    return added;
  }

  private static void split(Node node, int at) {
    Node rest = new Node(Kind.TEXT, Arrays.copyOfRange(node.text, at, node.text.length));
    rest.children.addAll(node.children);
    rest.route = node.route;
    node.text = Arrays.copyOf(node.text, at);
    node.children.clear();
    node.children.add(rest);
    node.route = null;
  }

  // ---- finding

  /** The route of a path, whose parameters are noted in the request; null if there is none. */
  @Nullable Route find(RequestView request) {
    return find(root, request, request.pathBytes(), request.pathStart(), request.pathEnd(), 0);
  }

  private static @Nullable Route find(
      Node node, RequestView request, byte[] path, int from, int to, int parameters) {
    if (from == to && node.route != null) {
      return node.route;
    }
    List<Node> children = node.children;
    for (int i = 0; i < children.size(); i++) {
      Node child = children.get(i);
      int end = match(child, path, from, to);
      if (end >= 0) {
        boolean isParameter = child.kind != Kind.TEXT;
        if (isParameter) {
          request.keepParameter(parameters, from, end);
        }
        Route found =
            find(child, request, path, end, to, isParameter ? parameters + 1 : parameters);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** Where the node's part of the path ends; -1 if it does not fit. */
  private static int match(Node node, byte[] path, int from, int to) {
    if (node.kind == Kind.TEXT) {
      int end = from + node.text.length;
      return end <= to && Arrays.equals(path, from, end, node.text, 0, node.text.length) ? end : -1;
    }
    if (node.kind == Kind.REST) {
      return to;
    }
    int end = from;
    while (end < to && path[end] != '/') {
      end++;
    }
    boolean fits =
        end > from
            && (node.kind == Kind.SEGMENT
                || Decoding.isNumber(path, from, end, node.kind == Kind.LONG));
    return fits ? end : -1;
  }
}
