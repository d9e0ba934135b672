package gyre.process;

import java.io.IOException;

/** Sends signals, as an operator does. */
final class Kill {
  private Kill() {}

  /** Returns when they are sent, which need not be when they have arrived. */
  static void send(long pid, OsSignal signal, int times) throws IOException, InterruptedException {
    String script = "i=0; while [ $i -lt $2 ]; do kill -$1 $0 || exit; i=$((i+1)); done";
    String[] words = {"" + pid, signal.name(), "" + times};
    Process shell =
        new ProcessBuilder("sh", "-c", script, words[0], words[1], words[2]).inheritIO().start();
    int code = shell.waitFor();
    if (code != 0) {
      throw new IOException("kill -" + signal + " " + pid + ": exit code " + code);
    }
  }

  /** To this JVM. */
  static void self(OsSignal signal, int times) throws IOException, InterruptedException {
    send(ProcessHandle.current().pid(), signal, times);
  }
}
