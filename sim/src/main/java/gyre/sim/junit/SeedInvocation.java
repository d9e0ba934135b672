package gyre.sim.junit;

import gyre.sim.Investigation;
import gyre.sim.Simulation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.opentest4j.TestAbortedException;

/**
 * The run of one seed. Its failure is investigated where exceptions are handled and not around the
 * method, because that takes longer than the method is given.
 */
final class SeedInvocation
    implements TestTemplateInvocationContext,
        ParameterResolver,
        InvocationInterceptor,
        TestExecutionExceptionHandler {
  private final Settings settings;
  private final long seed;
  private final long passed;
  private final AtomicBoolean failed;
  private @Nullable Method method;
  private @Nullable Object target;
  private List<Object> arguments = List.of();

  SeedInvocation(Settings settings, long seed, long passed, AtomicBoolean failed) {
    this.settings = settings;
    this.seed = seed;
    this.passed = passed;
    this.failed = failed;
  }

  @Override
  public String getDisplayName(int invocationIndex) {
    return "seed " + seed;
  }

  @Override
  public List<Extension> getAdditionalExtensions() {
    return List.of(this);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType().equals(Simulation.class);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return settings.simulation(seed);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext context)
      throws Throwable {
    method = called.getExecutable();
    target = called.getTarget().orElse(null);
    arguments = called.getArguments();
    if (settings.check()) {
      invocation.skip();
      Investigation.checkTwice(settings.simulation(seed), this::invoke);
    } else {
      invocation.proceed();
    }
  }

  /** The method once more, with another simulation. */
  private void invoke(Simulation simulation) throws Throwable {
    Method known = method;
    assert known != null;
    Object[] changed =
        arguments.stream().map(each -> each instanceof Simulation ? simulation : each).toArray();
    known.setAccessible(true);
    try {
      known.invoke(target, changed);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    if (failure instanceof TestAbortedException || method == null) {
      throw failure;
    }
    failed.set(true);
    Method known = method;
    String test = known.getDeclaringClass().getSimpleName() + "#" + known.getName();
    Simulation simulation = settings.simulation(seed);
    throw new SeedFailure(
        new FailureText(test, simulation, failure, passed, settings, this::invoke).toString(),
        failure);
  }
}
