package gyre;

import org.jspecify.annotations.Nullable;

/**
 * What lives in a scope: fibers, handles, and scopes inside of it. Each kind is a list whose links
 * are in its elements, so that coming and going costs no memory and takes constant time.
 */
abstract class Residents {
  private @Nullable Fiber<?> firstFiber;
  private int fibers;
  private @Nullable HandleBase firstHandle;
  private int handles;

  /** Those of the handles that nobody waits for. */
  private int background;

  private @Nullable Scope firstChild;

  /** Links among the scopes of the one around. */
  private @Nullable Scope nextSibling;

  private @Nullable Scope previousSibling;

  // ---- fibers

  final void add(Fiber<?> fiber) {
    fiber.siblingNext = firstFiber;
    if (firstFiber != null) {
      firstFiber.siblingPrevious = fiber;
    }
    firstFiber = fiber;
    fibers++;
  }

  final void remove(Fiber<?> fiber) {
    if (fiber.siblingPrevious == null) {
      firstFiber = fiber.siblingNext;
    } else {
      fiber.siblingPrevious.siblingNext = fiber.siblingNext;
    }
    if (fiber.siblingNext != null) {
      fiber.siblingNext.siblingPrevious = fiber.siblingPrevious;
    }
    fibers--;
  }

  final boolean hasFibers() {
    return fibers > 0;
  }

  final int fiberCount() {
    return fibers;
  }

  final @Nullable Fiber<?> firstFiber() {
    return firstFiber;
  }

  final void wakeCancelledFibers() {
    for (Fiber<?> fiber = firstFiber; fiber != null; fiber = fiber.siblingNext) {
      if (fiber.cancellation().isCancelled()) {
        fiber.cancelled();
      }
    }
  }

  // ---- handles

  final void add(HandleBase handle) {
    handle.scopeNext = firstHandle;
    if (firstHandle != null) {
      firstHandle.scopePrevious = handle;
    }
    firstHandle = handle;
    handles++;
    if (handle.isBackground()) {
      background++;
    }
  }

  final void remove(HandleBase handle) {
    if (handle.scopePrevious == null) {
      firstHandle = handle.scopeNext;
    } else {
      handle.scopePrevious.scopeNext = handle.scopeNext;
    }
    if (handle.scopeNext != null) {
      handle.scopeNext.scopePrevious = handle.scopePrevious;
    }
    handle.scopeNext = null;
    handle.scopePrevious = null;
    handles--;
    if (handle.isBackground()) {
      background--;
    }
  }

  /** One of the handles has gone to the background, or come from it. */
  final void countBackground(boolean on) {
    background += on ? 1 : -1;
  }

  final boolean hasHandles() {
    return handles > 0;
  }

  /** Nobody waits for any of the handles. */
  final boolean hasOnlyBackground() {
    return handles == background;
  }

  final @Nullable HandleBase firstHandle() {
    return firstHandle;
  }

  final void closeHandles() {
    HandleBase handle = firstHandle;
    while (handle != null) {
      HandleBase next = handle.scopeNext;
      handle.beginClose();
      handle = next;
    }
  }

  /** Whether user code runs on behalf of a handle; it may be parked. */
  final boolean isInCallback() {
    for (HandleBase handle = firstHandle; handle != null; handle = handle.scopeNext) {
      if (handle.isInCallback()) {
        return true;
      }
    }
    return false;
  }

  // ---- scopes

  final void add(Scope child) {
    Residents links = child;
    links.nextSibling = firstChild;
    if (firstChild != null) {
      ((Residents) firstChild).previousSibling = child;
    }
    firstChild = child;
  }

  final void remove(Scope child) {
    Residents links = child;
    Residents before = links.previousSibling;
    Residents after = links.nextSibling;
    if (before == null) {
      firstChild = links.nextSibling;
    } else {
      before.nextSibling = links.nextSibling;
    }
    if (after != null) {
      after.previousSibling = links.previousSibling;
    }
  }

  final @Nullable Scope firstChild() {
    return firstChild;
  }

  final @Nullable Scope nextSibling() {
    return nextSibling;
  }

  // ---- all of them

  /** Nothing lives here that has to be waited for. */
  final boolean isQuiet() {
    return fibers == 0 && handles == background && firstChild == null;
  }

  final boolean isEmpty() {
    return fibers == 0 && handles == 0 && firstChild == null;
  }
}
