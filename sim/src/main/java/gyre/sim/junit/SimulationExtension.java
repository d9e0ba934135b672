package gyre.sim.junit;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * One invocation for each seed, made when the one before has passed: after the first failure there
 * is nothing more to learn from the others.
 */
@SuppressWarnings("exports") // whoever uses it has JUnit
public final class SimulationExtension implements TestTemplateInvocationContextProvider {
  /** For JUnit. */
  public SimulationExtension() {}

  @Override
  public boolean supportsTestTemplate(ExtensionContext context) {
    return AnnotationSupport.isAnnotated(context.getTestMethod(), SimulationTest.class);
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
      ExtensionContext context) {
    SimulationTest test =
        AnnotationSupport.findAnnotation(context.getTestMethod(), SimulationTest.class)
            .orElseThrow();
    Settings settings =
        Settings.of(test, name -> context.getConfigurationParameter(name).orElse(null));
    AtomicBoolean failed = new AtomicBoolean();
    return LongStream.range(0, settings.seeds())
        .takeWhile(_ -> !failed.get())
        .mapToObj(place -> new SeedInvocation(settings, settings.from() + place, place, failed));
  }
}
