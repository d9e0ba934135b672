import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Prints a port that is free; with a port, waits until somebody listens there. */
class FreePort {
  private static final int TRIES = 6_000;

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 0) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        System.out.println(socket.getLocalPort());
      }
      return;
    }
    for (int i = 0; i < TRIES; i++) {
      try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(arguments[0]))) {
        return;
      } catch (IOException e) {
        Thread.sleep(100);
      }
    }
    System.err.println("nobody listens on port " + arguments[0]);
    System.exit(1);
  }
}
