package gyre.http;

import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/** Reads one request after the other out of a queue, and writes down what came of it. */
final class RequestReader {
  private enum Doing {
    HEAD,
    LENGTH,
    CHUNKS,
    FAILED
  }

  private final ByteQueue in = ByteQueue.create();
  private final ByteQueue body = in.sibling();
  private final RequestHead head = new RequestHead(new Lines());
  private final HeadParser parser;
  private final ChunkDecoder chunks;
  private final HttpLimits limits;
  private final StringBuilder outcome = new StringBuilder();
  private final StringBuilder details = new StringBuilder();
  private Doing doing = Doing.HEAD;
  private long left;

  RequestReader(HttpLimits limits) {
    this.limits = limits;
    this.parser = new HeadParser(limits, head);
    this.chunks = new ChunkDecoder(limits);
    parser.begin();
  }

  static RequestReader of(byte[] bytes) {
    RequestReader reader = new RequestReader(HttpLimits.defaults());
    reader.feed(bytes, 0, bytes.length);
    return reader;
  }

  void feed(byte[] bytes, int from, int to) {
    in.append(bytes, from, to - from);
    while (doing != Doing.FAILED && step()) {}
  }

  /** As the expectations of {@link Probe}. */
  String outcome() {
    boolean isPartial = doing == Doing.LENGTH || doing == Doing.CHUNKS || !in.isEmpty();
    return (outcome + (doing != Doing.FAILED && isPartial ? " more" : "")).strip();
  }

  /** Everything that was understood. */
  String details() {
    return details.toString();
  }

  private boolean step() {
    return switch (doing) {
      case HEAD -> head();
      case LENGTH -> length();
      case CHUNKS -> chunks();
      case FAILED -> false;
    };
  }

  private boolean head() {
    switch (parser.parse(in)) {
      case MORE -> {
        return false;
      }
      case FAILED -> {
        fail(parser.problem());
        return false;
      }
      case DONE -> {}
    }
    describe();
    if (head.hasTransferEncoding) {
      chunks.begin();
      doing = Doing.CHUNKS;
    } else {
      left = Math.max(0, head.contentLength);
      doing = Doing.LENGTH;
    }
    return true;
  }

  private void describe() {
    Fields fields = head.fields;
    details
        .append(fields.text(head.methodStart, head.methodEnd))
        .append(' ')
        .append(head.form)
        .append(' ')
        .append(fields.text(head.pathStart, head.pathEnd))
        .append(" 1.")
        .append(head.minorVersion);
    for (int i = 0; i < fields.count(); i++) {
      details.append('\n').append(fields.name(i)).append('=').append(fields.value(i));
    }
    details.append('\n');
  }

  private boolean length() {
    long part = Math.min(left, in.size());
    body.append(in, part);
    head.lines.consumed(part);
    left -= part;
    if (left > 0) {
      return false;
    }
    ended();
    return true;
  }

  private boolean chunks() {
    long before = in.size();
    ChunkDecoder.Outcome result = chunks.decode(in, body, Long.MAX_VALUE, limits.bodyBytes());
    head.lines.consumed(before - in.size());
    switch (result) {
      case DONE -> ended();
      case FAILED -> fail(chunks.problem());
      case MORE -> {}
    }
    return result == ChunkDecoder.Outcome.DONE;
  }

  private void ended() {
    outcome.append(" ok");
    details.append(
        new String(body.take((int) body.size()), java.nio.charset.StandardCharsets.ISO_8859_1));
    details.append('\n');
    doing = Doing.HEAD;
    parser.begin();
  }

  private void fail(@Nullable Problem problem) {
    if (problem == null) {
      throw new AssertionError("failed of nothing");
    }
    outcome.append(' ').append(problem.status());
    details.append(problem);
    doing = Doing.FAILED;
  }
}
