import static org.junit.jupiter.api.Assertions.assertEquals;

import gyre.Loop;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EchoTest {
  @Test
  void shouldSendBackWhatComesAndEndAfterThePeer() {
    try (Loop loop = Loop.open()) {
      loop.run(EchoTest::talk);
    }
  }

  private static void talk() {
    try (Scope scope = Scope.open("test");
        TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      scope.start(() -> listener.serve(Main::echo));
      try (TcpStream stream = TcpStream.connect("127.0.0.1", listener.port())) {
        stream.write("hello\nworld\n");
        stream.shutdownOutput();
        assertEquals("hello", stream.readLine(100));
        assertEquals("world", stream.readLine(100));
        assertEquals(null, stream.readLine(100));
      }
    }
  }
}
