import static org.junit.jupiter.api.Assertions.assertEquals;

import gyre.Loop;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MessagesTest {
  @Test
  void shouldAnswerByTheFirstWord() {
    assertEquals("pong", Messages.answer("ping"));
    assertEquals("a b", Messages.answer("echo a b"));
    assertEquals("", Messages.answer("echo"));
    assertEquals("bye", Messages.answer("quit"));
    assertEquals("error unknown command", Messages.answer("what is this"));
    assertEquals(
        "error wait takes milliseconds, at most 60000", Messages.answer("wait for it"));
  }

  @Test
  void shouldAnswerInOrderAndEndAfterThePeer() {
    try (Loop loop = Loop.open()) {
      loop.run(MessagesTest::talk);
    }
  }

  private static void talk() {
    Messages messages = new Messages(Settings.defaults());
    try (Scope scope = Scope.open("test");
        TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      scope.start(() -> listener.serve(messages::converse));
      try (TcpStream stream = TcpStream.connect("127.0.0.1", listener.port())) {
        stream.write(frame("ping") + frame("echo hello"));
        stream.shutdownOutput();
        String all = frame("pong") + frame("hello");
        byte[] back = stream.readExactly(all.length());
        assertEquals(all, new String(back, StandardCharsets.US_ASCII));
        assertEquals(false, stream.await(1));
      }
    }
  }

  private static String frame(String message) {
{{#lines}}
    return message + "\n";
{{/lines}}
{{#length}}
    return "\0\0\0" + (char) message.length() + message;
{{/length}}
  }
}
