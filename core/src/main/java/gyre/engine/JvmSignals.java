package gyre.engine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Signals as the JVM hands them to a program: by {@code sun.misc.Signal}, which is open to
 * everybody and has no successor. One handler for each signal that somebody subscribes to, shared
 * by all of them; it goes with the last of them, and what was there before it comes back.
 *
 * <p>The class is called by reflection, because the compiler warns of its name and can't be told
 * not to.
 */
final class JvmSignals implements Environment.Signals {
  static final JvmSignals INSTANCE = new JvmSignals();

  /** The same callback twice is two of these. */
  private static final class Subscriber {
    final Runnable arrived;

    Subscriber(Runnable arrived) {
      this.arrived = arrived;
    }
  }

  /** Those of a signal, and the handler that was there before. */
  private static final class Line {
    final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();
    final Object handler;
    @Nullable Object previous;

    Line(Class<?> handlerType) {
      handler =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(), new Class<?>[] {handlerType}, this::call);
    }

    private @Nullable Object call(Object self, Method method, Object @Nullable [] arguments) {
      return switch (method.getName()) {
        case "handle" -> {
          subscribers.forEach(subscriber -> subscriber.arrived.run());
          yield null;
        }
        case "equals" -> arguments != null && self == arguments[0];
        case "hashCode" -> System.identityHashCode(self);
        case "toString" -> "signals of Gyre's loops";
        default -> throw new UnsupportedOperationException(method.toString());
      };
    }
  }

  /** By name; guarded by this. */
  private final Map<String, Line> lines = new HashMap<>();

  private JvmSignals() {}

  @Override
  public synchronized Environment.Subscription subscribe(String name, Runnable arrived) {
    Subscriber own = new Subscriber(arrived);
    Line line = lines.get(name);
    if (line == null) {
      line = new Line(type("sun.misc.SignalHandler"));
      line.subscribers.add(own); // before the first can come
      line.previous = handle(name, line.handler);
      lines.put(name, line);
    } else {
      line.subscribers.add(own);
    }
    AtomicBoolean isCancelled = new AtomicBoolean();
    return () -> {
      if (!isCancelled.getAndSet(true)) {
        unsubscribe(name, own);
      }
    };
  }

  private synchronized void unsubscribe(String name, Subscriber own) {
    Line line = lines.get(name);
    assert line != null : name + " has a subscriber and no handler";
    if (line.subscribers.size() > 1) {
      line.subscribers.remove(own);
      return;
    }
    // The handler goes before the last subscriber, so that a signal in between is not lost.
    lines.remove(name);
    Object previous = line.previous;
    assert previous != null;
    Object replaced = handle(name, previous);
    if (replaced != line.handler) {
      // Somebody else has taken the signal meanwhile, and keeps it.
      Object ignored = handle(name, replaced);
    }
    line.subscribers.remove(own);
  }

  /** Sets the handler of a signal; the one before it. */
  private static Object handle(String name, Object handler) {
    try {
      Class<?> type = type("sun.misc.Signal");
      Object signal = type.getConstructor(String.class).newInstance(name);
      Method handle = type.getMethod("handle", type, type("sun.misc.SignalHandler"));
      return handle.invoke(null, signal, handler);
    } catch (InvocationTargetException e) {
      throw refused(name, e.getCause());
    } catch (ReflectiveOperationException e) {
      throw refused(name, e);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new UnsupportedOperationException(
          "this JVM lets no program handle signals: it lacks the module jdk.unsupported", e);
    }
  }

  private static UnsupportedOperationException refused(String name, @Nullable Throwable cause) {
    boolean isOfRs = name.equals("INT") || name.equals("TERM") || name.equals("HUP");
    String advice =
        isOfRs
            ? "it was started with -Xrs, which leaves INT, TERM and HUP to the system; start it"
                + " without"
            : "it uses the signal itself, or this system has none of that name";
    return new UnsupportedOperationException(
        "receive SIG" + name + ": the JVM refuses: " + advice, cause);
  }
}
