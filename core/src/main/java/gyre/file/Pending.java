package gyre.file;

import gyre.WaitPoint;

/** The end of an operation, for the one fiber that waits for it. */
final class Pending extends WaitPoint {
  private String doing = "";
  private boolean isDone;
  private int result;

  void begin(String what) {
    doing = what;
    isDone = false;
  }

  void ended(int outcome) {
    result = outcome;
    isDone = true;
    wakeAll();
  }

  int result() {
    assert isDone : "asked for its result before the end: " + doing;
    return result;
  }

  @Override
  public boolean isReady() {
    return isDone;
  }

  @Override
  public String doing() {
    return doing;
  }
}
