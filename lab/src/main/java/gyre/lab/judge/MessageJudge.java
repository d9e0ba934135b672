package gyre.lab.judge;

import gyre.generator.Framing;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;

/**
 * Judges a server of framed messages: the answers, whatever the pieces in which questions come;
 * what is no message; slow, rude and silent peers; the end.
 */
public final class MessageJudge extends ServerJudge {
  private static final int MANY_MESSAGES = 4_000;
  private static final int TEXT_BYTES = 1_000;

  private final Frames frames;

  /** Of a server whose messages are framed like that, with so many connections at once. */
  public MessageJudge(Subject subject, Framing framing, int connections) {
    super(subject, connections);
    frames = Frames.of(framing);
    promise("answers each message, in order", this::answers);
    promise("takes messages in pieces of one byte, and several at once", this::pieces);
    promise("answers what came before a half-close, then ends", this::halfClose);
    promise("drops a message that a half-close cuts", this::cutMessage);
    promise("refuses a message beyond --max-message, and ends", this::tooLong);
    promise("refuses a message that takes longer than --message-timeout", this::tooSlow);
    promise("ends after quit", this::quit);
    promise("waits for a slow reader, and serves others meanwhile", this::slowReader);
    promise("serves others while one waits", this::waiting);
    promiseAll();
    promise("on SIGTERM still answers what it has received", this::drain);
    promise("exits with 1 if an answer does not end in time", this::drainTimeout);
    promise("explains wrong options of messages", this::wrongLimits);
  }

  @Override
  void talk(Socket socket, int number) throws IOException {
    expect(socket, "echo " + number, Integer.toString(number));
  }

  @Override
  byte[] partOfQuestion(int number) {
    byte[] whole = frames.of("echo " + "y".repeat(1 + number));
    return Arrays.copyOf(whole, whole.length - 1);
  }

  private void expect(Socket socket, String question, String answer) throws IOException {
    socket.getOutputStream().write(frames.of(question));
    answered(socket.getInputStream(), answer);
  }

  private void answered(InputStream in, String answer) throws IOException {
    String said = frames.read(in);
    check(said.equals(answer), "it answers \"" + said + "\" where \"" + answer + "\" was due");
  }

  private void answers() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect()) {
      expect(socket, "ping", "pong");
      expect(socket, "echo a b  c", "a b  c");
      expect(socket, "echo", "");
      expect(socket, "wait 1", "waited");
      expect(socket, "nonsense", "error unknown command");
      expect(socket, "", "error unknown command");
      expect(socket, "ping", "pong");
    }
  }

  private void pieces() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect();
        Socket other = server.connect()) {
      writeInPieces(socket, other, frames.of("echo by and by"));
      answered(socket.getInputStream(), "by and by");
      ByteArrayOutputStream several = new ByteArrayOutputStream();
      for (int i = 0; i < 100; i++) {
        several.write(frames.of("echo " + i));
      }
      socket.getOutputStream().write(several.toByteArray());
      for (int i = 0; i < 100; i++) {
        answered(socket.getInputStream(), Integer.toString(i));
      }
    }
  }

  private void halfClose() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect()) {
      socket.getOutputStream().write(frames.of("wait 50"));
      socket.getOutputStream().write(frames.of("ping"));
      socket.shutdownOutput();
      answered(socket.getInputStream(), "waited");
      answered(socket.getInputStream(), "pong");
      int more = socket.getInputStream().read();
      check(more < 0, "it goes on after the last answer with " + more);
    }
  }

  private void cutMessage() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect()) {
      socket.getOutputStream().write(frames.of("ping"));
      socket.getOutputStream().write(partOfQuestion(10));
      socket.shutdownOutput();
      answered(socket.getInputStream(), "pong");
      check(isEnded(socket), "it does not end");
    }
  }

  private void tooLong() throws IOException {
    try (JudgedServer server = start("--max-message", "1000");
        Socket socket = server.connect()) {
      String most = "echo " + "z".repeat(990);
      expect(socket, most, most.substring(5));
      socket.getOutputStream().write(frames.tooLong(2000));
      answered(socket.getInputStream(), "error message too long");
      check(isEnded(socket), "the connection goes on");
    }
  }

  private void tooSlow() throws IOException {
    try (JudgedServer server = start("--message-timeout", "1");
        Socket socket = server.connect()) {
      expect(socket, "ping", "pong");
      socket.getOutputStream().write(partOfQuestion(10));
      answered(socket.getInputStream(), "error message took too long");
      check(isEnded(socket), "the connection goes on");
    }
  }

  private void quit() throws IOException {
    try (JudgedServer server = start();
        Socket socket = server.connect()) {
      expect(socket, "quit", "bye");
      check(isEnded(socket), "the connection goes on");
    }
  }

  private void slowReader() throws Exception {
    try (JudgedServer server = start();
        Socket slow = server.connect();
        Socket other = server.connect()) {
      String text = "q".repeat(TEXT_BYTES);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = 0; i < MANY_MESSAGES; i++) {
        all.write(frames.of("echo " + text));
      }
      Thread writer = sendAll(slow, all.toByteArray());
      for (int i = 0; i < 50; i++) {
        talk(other, i);
      }
      InputStream in = new BufferedInputStream(slow.getInputStream());
      for (int i = 0; i < MANY_MESSAGES; i++) {
        answered(in, text);
      }
      check(in.read() < 0, "it goes on after the last answer");
      writer.join(END_LIMIT);
    }
  }

  private void waiting() throws IOException {
    try (JudgedServer server = start();
        Socket waiting = server.connect();
        Socket other = server.connect()) {
      waiting.getOutputStream().write(frames.of("wait 60000"));
      for (int i = 0; i < 10; i++) {
        talk(other, i);
      }
      check(waiting.getInputStream().available() == 0, "it does not wait");
    }
  }

  @SuppressWarnings("try") // that it is closed is a part of the check
  private void drain() throws IOException, InterruptedException {
    try (JudgedServer server = start(PATIENT_DRAIN);
        Socket socket = server.connect()) {
      talk(socket, 1);
      socket.getOutputStream().write(frames.of("wait 500"));
      Socket other = server.connect();
      talk(other, 2); // by then the other message has been received
      other.close();
      server.terminate();
      awaitRefusal(server);
      answered(socket.getInputStream(), "waited");
      socket.close();
      int code = server.await(END_LIMIT);
      check(code == 0, "it exited with " + code);
    }
  }

  private void drainTimeout() throws IOException, InterruptedException {
    try (JudgedServer server = start("--drain-timeout", "1");
        Socket socket = server.connect()) {
      talk(socket, 1);
      socket.getOutputStream().write(frames.of("wait 60000"));
      try (Socket other = server.connect()) {
        talk(other, 2);
      }
      server.terminate();
      int code = server.await(END_LIMIT);
      check(code == 1, "it exited with " + code);
    }
  }

  private void wrongLimits() throws IOException, InterruptedException {
    wrongOptions(List.of(List.of("--max-message", "0"), List.of("--message-timeout", "soon")));
  }
}
