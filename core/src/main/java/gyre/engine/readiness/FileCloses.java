package gyre.engine.readiness;

import gyre.engine.CloseFile;

/** Closes files: by helper threads, since it may take long, and after this engine has let go. */
final class FileCloses extends ChannelRequests<CloseFile> {
  private final ReadinessEngine engine;

  FileCloses(ReadinessEngine engine) {
    this.engine = engine;
  }

  @Override
  void start(Channel channel, CloseFile file) {
    engine.unregister(file.descriptor);
    engine.work(file);
  }

  @Override
  void remove(Channel channel, CloseFile file) {
    throw new AssertionError("it never waits on its channel");
  }
}
