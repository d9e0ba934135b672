package gyre.sys;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Makes handles of C functions. Each handle is a static final of a holder class of its own, so that
 * the compiler folds it away and a program pays at start-up only for the calls it makes.
 *
 * <p>Pointers are plain longs: the addresses come from memory whose life the callers answer for.
 */
final class Native {
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private Native() {}

  /** A function that reports errors by a negative result and errno, which is captured. */
  static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    return link(name, result, arguments, Linker.Option.captureCallState("errno"));
  }

  /** The same for a C function with a variable argument list behind {@code fixed} arguments. */
  static MethodHandle variadic(
      String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
    return link(
        name,
        result,
        arguments,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(fixed));
  }

  /** A function whose errno nobody asks for. */
  static MethodHandle plain(String name, MemoryLayout result, MemoryLayout... arguments) {
    return link(name, result, arguments);
  }

  @SuppressWarnings("restricted")
  private static MethodHandle link(
      String name, MemoryLayout result, MemoryLayout[] arguments, Linker.Option... options) {
    SymbolLookup library = Linker.nativeLinker().defaultLookup();
    return Linker.nativeLinker()
        .downcallHandle(
            library
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name)),
            FunctionDescriptor.of(result, arguments),
            options);
  }

  /** Handles of C functions throw nothing by themselves; making them may be forbidden. */
  static AssertionError unexpected(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return new AssertionError("a foreign call threw", thrown);
  }
}
