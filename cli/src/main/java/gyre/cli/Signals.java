package gyre.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * SIGINT and SIGTERM without the end of the JVM that they lead to by themselves: shutdown hooks run
 * only once, and could not tell a second signal from the first.
 *
 * <p>The class that can do this, {@code sun.misc.Signal}, is open to everybody and has no
 * successor. It is called by reflection because the compiler warns of its name and cannot be told
 * not to.
 */
final class Signals {
  private Signals() {}

  /** Runs {@code action}, on a thread of its own, for each signal that asks to stop. */
  static void onStop(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handler);
      Object runner =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> run(action, method));
      for (String name : new String[] {"INT", "TERM"}) {
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), runner);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JVM does not let a program handle signals", e);
    }
  }

  private static @Nullable Object run(Runnable action, Method method) {
    if (method.getName().equals("handle")) {
      action.run();
    }
    return null;
  }
}
