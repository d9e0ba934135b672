package gyre.lab.program;

import gyre.net.UnixStream;
import gyre.sys.CallState;
import gyre.sys.LinuxSockets;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;

/**
 * One byte by a plain {@code send}, past the stream that the descriptor belongs to: what the work
 * has done before its clock starts is no work of the loop, which would send at the end of a turn.
 */
final class PlainSend {
  private final CallState calls = new CallState();
  private final long address;

  PlainSend(byte value) {
    this.address = Arena.global().allocateFrom(ValueLayout.JAVA_BYTE, value).address();
  }

  /** A stream keeps its descriptor to itself, for good reasons. */
  static int descriptor(UnixStream stream) throws ReflectiveOperationException {
    for (Class<?> type = UnixStream.class; type != null; type = type.getSuperclass()) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals("descriptor") && method.getParameterCount() == 0) {
          method.setAccessible(true);
          return (int) method.invoke(stream);
        }
      }
    }
    throw new NoSuchMethodException("no descriptor in " + UnixStream.class);
  }

  /** Whether it was sent. */
  boolean to(int descriptor) {
    return LinuxSockets.send(calls, descriptor, address, 1, LinuxSockets.MSG_DONTWAIT) == 1;
  }
}
