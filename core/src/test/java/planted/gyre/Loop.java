package planted.gyre;

import java.lang.foreign.Linker;
import java.util.logging.Logger;
import org.jctools.queues.SpscArrayQueue;
import planted.gyre.sys.Calls;

public abstract class Loop {
  abstract Linker foreignCallOutsideOfSys();

  abstract Calls kernelAboveTheSeam();

  abstract Logger logger();

  abstract SpscArrayQueue<Object> unsafeQueue();

  void print() {
    System.out.println(this);
  }
}
