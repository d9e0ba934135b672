package gyre.lab.program;

/** A peer: what it can do, one method for each mode. */
abstract class Program {
  final void run(String mode, Options options) throws Exception {
    switch (mode) {
      case "echo" -> Serving.untilTheEnd(echo(options.number("port", 0)));
      case "http" -> Serving.untilTheEnd(http(options.number("port", 0)));
      case "websocket" -> Serving.untilTheEnd(webSocket(options.number("port", 0)));
      case "proxy" -> Serving.untilTheEnd(proxy(options.number("port", 0)));
      case "events" -> Rounds.run(mode, events(options), options);
      case "cascade" -> Rounds.run(mode, cascade(options), options);
      case "timers" -> Rounds.run(mode, timers(options), options);
      case "wake" -> Rounds.run(mode, wake(options), options);
      case "files" -> Rounds.run(mode, files(options), options);
      case "watch" -> Rounds.run(mode, watch(options), options);
      case "spawn" -> Rounds.run(mode, spawn(options), options);
      case "codecs" -> Rounds.run(mode, codecs(options), options);
      case "channels" -> Rounds.run(mode, channels(options), options);
      case "locks" -> Rounds.run(mode, locks(options), options);
      case "overload" -> overload(options);
      default ->
          throw new IllegalArgumentException(
              "no mode '"
                  + mode
                  + "'; there are echo, http, websocket, proxy, events, cascade, timers, wake,"
                  + " files, watch, spawn, codecs, channels, locks, overload");
    }
  }

  /** Serves on threads of its own; the port. */
  int echo(int port) throws Exception {
    throw notOffered("echo");
  }

  /** Answers {@code GET /hello}; as {@link #echo} otherwise. */
  int http(int port) throws Exception {
    throw notOffered("http");
  }

  /** Upgrades {@code /echo}, and sends each message back; as {@link #echo} otherwise. */
  int webSocket(int port) throws Exception {
    throw notOffered("websocket");
  }

  /** Passes everything on to an {@link EchoBehind}; as {@link #echo} otherwise. */
  int proxy(int port) throws Exception {
    throw notOffered("proxy");
  }

  Round events(Options options) throws Exception {
    throw notOffered("events");
  }

  Round cascade(Options options) throws Exception {
    throw notOffered("cascade");
  }

  Round timers(Options options) throws Exception {
    throw notOffered("timers");
  }

  Round wake(Options options) throws Exception {
    throw notOffered("wake");
  }

  Round files(Options options) throws Exception {
    throw notOffered("files");
  }

  Round watch(Options options) throws Exception {
    throw notOffered("watch");
  }

  Round spawn(Options options) throws Exception {
    throw notOffered("spawn");
  }

  Round codecs(Options options) {
    throw notOffered("codecs");
  }

  Round channels(Options options) throws Exception {
    throw notOffered("channels");
  }

  Round locks(Options options) throws Exception {
    throw notOffered("locks");
  }

  /** One end of an overload, until its input ends. */
  void overload(Options options) throws Exception {
    throw notOffered("overload");
  }

  private static UnsupportedOperationException notOffered(String mode) {
    return new UnsupportedOperationException("does not offer '" + mode + "'");
  }
}
