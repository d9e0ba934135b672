package gyre.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Finds the handlers that are classes. */
final class Handlers {
  private Handlers() {}

  static QueueHandler load(String className, ClassLoader loader) {
    try {
      Class<?> type = Class.forName(className, true, loader);
      if (!QueueHandler.class.isAssignableFrom(type)) {
        throw new QueueException(className + " is no gyre.queue.QueueHandler");
      }
      var constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return (QueueHandler) constructor.newInstance();
    } catch (ClassNotFoundException e) {
      throw new QueueException(
          className + " is not on the class path: name its jar by --class-path", e);
    } catch (NoSuchMethodException e) {
      throw new QueueException(className + " has no constructor without parameters", e);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      if (e instanceof QueueException known) {
        throw known;
      }
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new QueueException("make a " + className + ": " + cause, e);
    }
  }

  /** Those that jars offer as a service. */
  static List<QueueHandler> services(ClassLoader loader) {
    List<QueueHandler> found = new ArrayList<>();
    try {
      ServiceLoader.load(QueueHandler.class, loader).forEach(found::add);
    } catch (ServiceConfigurationError e) {
      throw new QueueException("find handlers: " + e.getMessage(), e);
    }
    return found;
  }
}
