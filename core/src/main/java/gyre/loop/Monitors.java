package gyre.loop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Refuses to run a loop inside {@code synchronized}: resuming a fiber while its carrier holds a
 * monitor has been seen to crash the JVM.
 *
 * <p>The frames' monitors are known to the JDK's own stack walker, which the opens that native
 * fibers take give access to; without them there is nothing to protect.
 */
public final class Monitors {
  private Monitors() {}

  public static void checkNoneHeld() {
    if (FiberMechanism.isNativePossible() && Walk.AVAILABLE) {
      Walk.checkNoneHeld();
    }
  }

  /** For assertions. */
  public static boolean noneHeld() {
    checkNoneHeld();
    return true;
  }

  private static final class Walk {
    static final boolean AVAILABLE;
    private static final @Nullable StackWalker WALKER;
    private static final @Nullable MethodHandle MONITORS;

    static {
      StackWalker walker = null;
      MethodHandle monitors = null;
      try {
        Class<?> frame = Class.forName("java.lang.LiveStackFrame");
        MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(frame, MethodHandles.lookup());
        walker =
            (StackWalker)
                lookup
                    .findStatic(frame, "getStackWalker", MethodType.methodType(StackWalker.class))
                    .invoke();
        monitors =
            lookup
                .findVirtual(frame, "getMonitors", MethodType.methodType(Object[].class))
                .asType(MethodType.methodType(Object[].class, Object.class));
      } catch (Throwable e) {
        walker = null; // another JDK: the check is a safeguard, not a promise
      }
      WALKER = walker;
      MONITORS = monitors;
      AVAILABLE = walker != null;
    }

    static void checkNoneHeld() {
      assert WALKER != null;
      WALKER.forEach(Walk::check);
    }

    private static void check(StackWalker.StackFrame frame) {
      assert MONITORS != null;
      Object[] held;
      try {
        held = (Object[]) MONITORS.invokeExact((Object) frame);
      } catch (Throwable e) {
        return;
      }
      for (Object monitor : held) {
        if (monitor != null) {
          throw new IllegalStateException(
              "the loop can't run inside synchronized ("
                  + frame.getClassName()
                  + "."
                  + frame.getMethodName()
                  + ", line "
                  + frame.getLineNumber()
                  + "): leave it before running the loop");
        }
      }
    }
  }
}
