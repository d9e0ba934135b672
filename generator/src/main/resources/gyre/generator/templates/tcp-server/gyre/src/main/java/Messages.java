import gyre.Fiber;
import gyre.io.ByteStream;
import gyre.io.Codec;
import gyre.io.DecodeException;
import gyre.io.EndOfStreamException;
import gyre.io.MessageStream;
import gyre.io.MessageTimeoutException;
import gyre.io.codec.Framing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What is spoken: each message is answered by one, in order. */
final class Messages {
  private static final long WAIT_MAX_MILLIS = 60_000;

  private final Settings settings;
  private final Codec<String, String> codec;

  Messages(Settings settings) {
    this.settings = settings;
    // Not UTF-8: what is not a text comes back as it came.
{{#lines}}
    this.codec = Framing.lines(settings.maxMessageBytes).text(StandardCharsets.ISO_8859_1);
{{/lines}}
{{#length}}
    this.codec =
        Framing.lengthPrefix(4, settings.maxMessageBytes).text(StandardCharsets.ISO_8859_1);
{{/length}}
  }

  /** In a fiber of the connection, until the peer has ended or said so. */
  void converse(ByteStream stream) {
    MessageStream<String, String> peer = MessageStream.over(stream, codec);
    peer.messageTimeout(settings.messageTimeout);
    try {
      for (String message = peer.receive(); message != null; message = peer.receive()) {
        peer.send(answer(message)); // parks while the peer is slow
        if (message.equals("quit")) {
          return;
        }
      }
    } catch (DecodeException e) { // what follows can't be told apart any more
      peer.send(e.isTooLong() ? "error message too long" : "error malformed message");
    } catch (EndOfStreamException e) {
      // The peer has ended within a message: that one is dropped, the answers to others go out.
    } catch (MessageTimeoutException e) {
      peer.send("error message took too long");
    }
  }

  /** Of one message: its first word says what to do with the rest. */
  static String answer(String message) {
    int blank = message.indexOf(' ');
    String verb = blank < 0 ? message : message.substring(0, blank);
    String rest = blank < 0 ? "" : message.substring(blank + 1);
    return switch (verb) {
      case "ping" -> "pong";
      case "echo" -> rest;
      case "wait" -> waited(rest);
      case "quit" -> "bye";
      default -> "error unknown command";
    };
  }

  /** Others are served meanwhile; more messages of this peer wait. */
  private static String waited(String millis) {
    if (!millis.matches("[0-9]{1,5}") || Long.parseLong(millis) > WAIT_MAX_MILLIS) {
      return "error wait takes milliseconds, at most " + WAIT_MAX_MILLIS;
    }
    Fiber.sleep(Duration.ofMillis(Long.parseLong(millis)));
    return "waited";
  }
}
