package gyre.lab.program;

import java.io.IOException;

/** A plain selector loop on {@code java.nio}. */
final class NioProgram extends Program {
  @Override
  int echo(int port) throws IOException {
    NioEcho echo = NioEcho.listen(port);
    Thread.ofPlatform().name("loop").start(echo::run);
    return echo.port();
  }

  @Override
  Round events(Options options) throws IOException {
    return NioEvents.open(options);
  }

  @Override
  Round cascade(Options options) throws IOException {
    return NioCascade.open(options);
  }

  @Override
  Round wake(Options options) throws IOException {
    return WakeRound.of(
        options, NioLoop.start(Cores::pinToFirst), NioLoop.start(Cores::pinToSecond));
  }

  @Override
  Round files(Options options) throws IOException {
    return NioFiles.open(options);
  }

  @Override
  Round channels(Options options) {
    return JdkChannels.platform(options);
  }

  @Override
  Round spawn(Options options) {
    return new JdkSpawns(options);
  }

  @Override
  void overload(Options options) throws Exception {
    OverloadClients.run(options);
  }
}
