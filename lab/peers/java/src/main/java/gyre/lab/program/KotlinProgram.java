package gyre.lab.program;

/** Kotlin's coroutines, driven as its compiler drives them: see {@link Coroutine}. */
final class KotlinProgram extends Program {
  @Override
  Round channels(Options options) {
    return KotlinChannels.channels(options);
  }

  @Override
  Round locks(Options options) {
    return KotlinChannels.locks(options);
  }
}
