package gyre.lab.program;

import kotlin.ResultKt;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import kotlin.coroutines.jvm.internal.ContinuationImpl;

/**
 * The frame of a suspending function, as Kotlin's compiler makes one: it is called again with the
 * result of whatever it was suspended in, and answers a mark while it has no result itself. Written
 * by hand because nothing else here is Kotlin.
 */
abstract class Coroutine extends ContinuationImpl {
  private static final long serialVersionUID = 1L;

  /** The mark. */
  static final Object SUSPENDED = IntrinsicsKt.getCOROUTINE_SUSPENDED();

  /**
   * @param completion told of the result, if it comes after a suspension
   */
  @SuppressWarnings("unchecked") // the compiler's own code knows no types of results either
  Coroutine(Continuation<?> completion) {
    super((Continuation<Object>) completion);
  }

  /** Begins: the result, or the mark. */
  final Object begin() {
    return goOn(Unit.INSTANCE);
  }

  @Override
  protected final Object invokeSuspend(Object result) {
    ResultKt.throwOnFailure(result);
    return goOn(result);
  }

  /**
   * Goes on until it is over or suspended.
   *
   * @param result of what it was suspended in; {@link Unit} at first
   */
  abstract Object goOn(Object result);
}
