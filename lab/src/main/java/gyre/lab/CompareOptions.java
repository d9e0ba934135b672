package gyre.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What of two runs to compare.
 *
 * @param peers empty for all
 * @param withinPercent how far ratios may be from each other and still agree
 */
public record CompareOptions(
    Path first, Path second, List<String> peers, double withinPercent, Optional<Path> markdown) {
  public CompareOptions {
    peers = List.copyOf(peers);
    if (!(withinPercent >= 0)) {
      throw new WrongInputException("--within is a percentage of 0 or more, not " + withinPercent);
    }
  }
}
