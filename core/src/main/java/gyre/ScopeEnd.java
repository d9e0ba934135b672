package gyre;

/** Ready while no fiber of a scope lives. */
final class ScopeEnd extends WaitPoint {
  final Scope scope;

  ScopeEnd(Scope scope) {
    this.scope = scope;
  }

  @Override
  public boolean isReady() {
    return !scope.hasFibers();
  }

  @Override
  public String doing() {
    return "waiting for all that lives in scope " + scope;
  }
}
